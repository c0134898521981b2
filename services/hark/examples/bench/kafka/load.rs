//! Mentions to count: written to a topic once, read by everybody.

use crate::{BRANDS, Outcome, unix_millis};
use hark_model::{
    AuthorKey, BrandId, Intent, ItemId, Mention, MentionEvent, Scored, SentimentScores, Timestamp,
    Version,
};
use hark_proto::Encoding;
use hark_stream::{
    Cleanup, Commit, KafkaLog, KafkaOptions, Log, NewRecord, TaskId, TopicName, TopicSpec,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

const TOUCHPOINTS: [&str; 4] = ["delivery", "payment", "product", "support"];
const TEXTS: [&str; 4] = [
    "they lost my parcel again and nobody answers the phone",
    "the new app is so much better than the old one, thank you",
    "does anybody know whether they open on Sunday?",
    "paid twice for one order, and support wants me to wait for ten days",
];
/// Records of one commit.
const AT_ONCE: usize = 10_000;

/// Writes mentions.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Load {
    pub(crate) servers: String,
    pub(crate) folder: PathBuf,
    pub(crate) topic: String,
    pub(crate) partitions: u32,
    pub(crate) count: u64,
    /// They write in turn.
    pub(crate) authors: u64,
}

impl Load {
    pub(crate) fn fill(&self) -> Outcome<Value> {
        let log = KafkaLog::connect(KafkaOptions {
            namespace: format!("{}.", self.topic),
            ..KafkaOptions::new(&*self.servers, &*self.folder)
        })?;
        let topic = TopicName::new(&self.topic);
        log.declare(&[TopicSpec {
            name: topic.clone(),
            partitions: self.partitions,
            cleanup: Cleanup::default(),
        }])?;
        let mut writer = log.task(&TaskId::new("load", 0), &[])?;
        let encoding = Encoding::default();
        let mut random = ChaCha8Rng::seed_from_u64(20_261_123);
        let numbers: Vec<u64> = (0..self.count).collect();
        for some in numbers.chunks(AT_ONCE) {
            let records = some.iter().map(|number| {
                let (key, event) = mention(*number, number % self.authors, &mut random);
                NewRecord::keyed(&topic, key, Some(encoding.write(&event)), unix_millis())
            });
            writer.commit(&Commit {
                records: records.collect(),
                ..Commit::default()
            })?;
        }
        Ok(json!({ "records": self.count }))
    }
}

/// A mention, and the key that it goes by: its author.
fn mention(number: u64, author: u64, random: &mut ChaCha8Rng) -> (Vec<u8>, MentionEvent) {
    let (brand, _) = BRANDS[random.random_range(0..BRANDS.len())];
    let brand = BrandId::new(brand);
    let mut bytes = [0; 16];
    ChaCha8Rng::seed_from_u64(author).fill(&mut bytes);
    let mood = random.random_range(0..4);
    let (negative, neutral, positive) = match mood {
        0 => (0.9, 0.05, 0.05),
        1 => (0.05, 0.05, 0.9),
        _ => (0.1, 0.8, 0.1),
    };
    let scored = |label: &str| Scored {
        label: label.into(),
        probability: 0.8,
    };
    let now = Timestamp::from_millis(unix_millis());
    let mention = Mention {
        item: ItemId::new("bench", number.to_string()),
        version: Version {
            order: number as i64,
            tag: Arc::from("1"),
        },
        item_brands: vec![brand.clone()],
        brand,
        event_time: now,
        arrived_at: now,
        author: Some(AuthorKey::new(bytes)),
        reach: random
            .random_bool(0.5)
            .then(|| random.random_range(0..9_000)),
        url: Some(format!("https://posts.example/{number}").into()),
        text: TEXTS[mood].into(),
        language: Some("eng".into()),
        clause: "handle".into(),
        sentiment: SentimentScores {
            negative,
            neutral,
            positive,
        },
        uncertain: false,
        touchpoints: vec![
            scored(TOUCHPOINTS[random.random_range(0..4)]);
            random.random_range(0..2)
        ],
        intents: (mood == 0)
            .then_some(Scored {
                label: Intent::Complaint,
                probability: 0.8,
            })
            .into_iter()
            .collect(),
        emotions: Vec::new(),
        expectation: None,
        repost: false,
        rating: None,
        model: "bench".into(),
    };
    (bytes.to_vec(), MentionEvent::Observed(Box::new(mention)))
}
