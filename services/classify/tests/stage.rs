//! The stage's records, their places, and sums that add up.

// Helpers of tests are tests too, which clippy cannot know.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Fake, Poison};
use hark_classify::{ClassifyStage, Metrics, RecordOutcome, Topics};
use hark_model::{
    Author, AuthorDelete, AuthorKey, BrandMatch, Gap, Item, ItemDelete, ItemEvent, ItemId, Mention,
    MentionEvent, Rating, Sentiment, Timestamp, Version,
};
use hark_proto::{Encoding, Wire, dead_letter};
use hark_stream::{
    Commit, Error, NewRecord, Partitioning, Record, Stage, StageError, State, TopicName,
};
use std::sync::Arc;

const AUTHOR: AuthorKey = AuthorKey::new([7; 16]);

struct NoState;

impl State for NoState {
    fn get(&self, _key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    fn scan(
        &self,
        _from: &[u8],
        _to: &[u8],
        _visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        Ok(())
    }
}

struct Bench {
    stage: ClassifyStage,
    metrics: Metrics,
    fake: Fake,
    offset: u64,
}

impl Bench {
    fn new(fake: Fake) -> Self {
        let metrics = Metrics::default();
        let pool = Arc::new(fake.pool(2).unwrap());
        let topics = Topics::new("hark", Encoding::default());
        let stage = ClassifyStage::new(pool, topics, metrics.clone(), 256);
        Self {
            stage,
            metrics,
            fake,
            offset: 0,
        }
    }

    fn record(&mut self, value: Option<Vec<u8>>) -> Record {
        self.offset += 1;
        Record {
            topic: TopicName::new("hark.items"),
            partition: 3,
            offset: self.offset,
            timestamp: 0,
            key: Arc::from(&b"key"[..]),
            value: value.map(Arc::from),
            headers: vec![("trace".to_owned(), b"1".to_vec())],
        }
    }

    fn step(&mut self, records: &[Record]) -> Result<Commit, StageError> {
        let commit = self.stage.step(records, &NoState, 1_000)?;
        self.stage.committed(&commit);
        Ok(commit)
    }

    fn events(&mut self, events: &[ItemEvent]) -> Vec<NewRecord> {
        let records: Vec<_> = events
            .iter()
            .map(|e| self.record(Some(e.encode())))
            .collect();
        self.step(&records).unwrap().records
    }

    fn mentions(&mut self, item: Item) -> Vec<Mention> {
        let records = self.events(&[ItemEvent::Upsert(Box::new(item))]);
        records.iter().map(mention).collect()
    }

    fn count(&self, outcome: RecordOutcome) -> u64 {
        self.metrics
            .items
            .with_label_values(&[outcome.as_str()])
            .get()
    }
}

fn mention(record: &NewRecord) -> Mention {
    match MentionEvent::decode(record.value.as_ref().unwrap()).unwrap() {
        MentionEvent::Observed(mention) => *mention,
        other => panic!("{other:?}"),
    }
}

fn version(order: i64) -> Version {
    Version {
        order,
        tag: Arc::from("v"),
    }
}

fn item(text: &str, brands: &[&str]) -> Item {
    let matches = brands.iter().map(|brand| BrandMatch {
        brand: brand.to_lowercase().as_str().into(),
        clause: Arc::from(*brand),
        spans: text
            .match_indices(brand)
            .map(|(at, _)| at..at + brand.len())
            .collect(),
    });
    Item {
        id: ItemId::new("feed", text),
        version: version(1),
        created_at: Timestamp::from_millis(5_000),
        arrived_at: Timestamp::from_millis(6_000),
        author: Some(Author {
            key: AUTHOR,
            reach: Some(10),
        }),
        url: None,
        text: Arc::from(text),
        language: None,
        declared_language: None,
        parent: None,
        quote_of: None,
        repost_of: None,
        rating: None,
        place: None,
        has_media: false,
        matches: matches.collect(),
        redactions: vec![],
    }
}

fn upsert(text: &str, brands: &[&str]) -> ItemEvent {
    ItemEvent::Upsert(Box::new(item(text, brands)))
}

fn delete(author: Option<AuthorKey>) -> ItemDelete {
    let arrived_at = Timestamp::from_millis(9_000);
    ItemDelete {
        id: ItemId::new("feed", "1"),
        version: version(2),
        author,
        arrived_at,
    }
}

const BOTH: &str = "Skylark was great. Northwind lost it.";

#[test]
fn two_brands_in_one_item_are_two_mentions_of_the_whole_text() {
    let mut bench = Bench::new(Fake::default());
    let both = bench.mentions(item(BOTH, &["Skylark", "Northwind"]));
    assert_eq!(both.len(), 2);
    // The engine's numbers depend on the tokens, the marks included.
    assert_ne!(both[0].sentiment, both[1].sentiment);
    assert_eq!(both[0].item_brands, both[1].item_brands);
    assert!(both.iter().all(|mention| &*mention.text == BOTH));
}

#[test]
fn each_brand_of_an_item_is_read_with_its_own_marks() {
    for (marked, brands) in [
        (
            "\u{e000}Skylark was great. \u{e001}Northwind lost it.",
            &["Skylark", "Northwind"][..],
        ),
        (
            "\u{e001}Skylark was great. \u{e000}Northwind lost it.",
            &["Skylark", "Northwind"],
        ),
        (
            "\u{e000}Skylark was great. Northwind lost it.",
            &["Skylark"],
        ),
    ] {
        // The engine cannot take this text, so the item is a dead letter if it was read so.
        let mut bench = Bench::new(Fake::default().with_poison(marked, Poison::Fails));
        let records = bench.events(&[upsert(BOTH, brands)]);
        assert_eq!(records[0].topic.as_str(), "hark.dead-letters", "{marked}");
        let others = bench.events(&[upsert(BOTH, &["Northwind"])]);
        assert_eq!(others[0].topic.as_str(), "hark.mentions", "{marked}");
    }
}

#[test]
fn touchpoints_told_by_rules_come_first_for_every_brand() {
    let mut bench = Bench::new(Fake::default());
    let told = Box::new(|item: &Item| match item.text.contains("lounge") {
        true => vec!["lounge".into()],
        false => vec![],
    });
    bench.stage = bench.stage.with_rules(told);
    let text = "The Skylark lounge is nicer than that of Northwind";
    for mention in bench.mentions(item(text, &["Skylark", "Northwind"])) {
        assert_eq!(mention.touchpoints[0].label.as_str(), "lounge");
        assert_eq!(mention.touchpoints[0].probability, 1.0);
    }
    let plain = bench.mentions(item("Skylark is nice", &["Skylark"]));
    let told = |mention: &Mention| {
        mention
            .touchpoints
            .iter()
            .any(|t| t.label.as_str() == "lounge")
    };
    assert!(!plain.iter().any(told));
}

#[test]
fn a_mention_is_keyed_by_its_author_or_without_one_by_its_item() {
    let mut bench = Bench::new(Fake::default());
    let mut anonymous = item("Skylark", &["Skylark"]);
    anonymous.author = None;
    let records = bench.events(&[
        upsert("Skylark", &["Skylark"]),
        ItemEvent::Upsert(Box::new(anonymous)),
    ]);
    assert_eq!(records[0].key, AUTHOR.to_string().into_bytes());
    assert_eq!(records[1].key, b"feed:Skylark");
    assert!(
        records
            .iter()
            .all(|record| record.partitioning == Partitioning::ByKey)
    );
}

#[test]
fn an_item_that_names_no_brand_retracts_its_mentions() {
    let mut bench = Bench::new(Fake::default());
    let records = bench.events(&[upsert("nothing here", &[])]);
    let MentionEvent::RetractItem(gone) =
        MentionEvent::decode(records[0].value.as_ref().unwrap()).unwrap()
    else {
        panic!("{records:?}")
    };
    assert_eq!(gone.id, ItemId::new("feed", "nothing here"));
    assert_eq!((gone.version, gone.author), (version(1), Some(AUTHOR)));
    assert_eq!(records[0].partitioning, Partitioning::ByKey);
}

#[test]
fn what_concerns_an_unknown_author_or_a_source_goes_to_every_partition() {
    let mut bench = Bench::new(Fake::default());
    let gap = Gap {
        source: "feed".into(),
        from: Timestamp::from_millis(1),
        to: Timestamp::from_millis(2),
        reason: Arc::from("it was away"),
    };
    let gone = AuthorDelete {
        source: "feed".into(),
        author: AUTHOR,
        version: version(3),
        arrived_at: Timestamp::from_millis(9_000),
    };
    let records = bench.events(&[
        ItemEvent::Delete(delete(None)),
        ItemEvent::Gap(gap.clone()),
        ItemEvent::Delete(delete(Some(AUTHOR))),
        ItemEvent::AuthorDelete(gone.clone()),
    ]);
    let places: Vec<_> = records.iter().map(|record| record.partitioning).collect();
    use Partitioning::{Broadcast, ByKey};
    assert_eq!(places, [Broadcast, Broadcast, ByKey, ByKey]);
    assert_eq!(records[2].key, records[3].key);
    let event = |at: usize| MentionEvent::decode(records[at].value.as_ref().unwrap()).unwrap();
    assert_eq!(event(1), MentionEvent::Gap(gap));
    assert_eq!(event(3), MentionEvent::RetractAuthor(gone));
}

#[test]
fn a_repost_is_judged_like_its_text_and_marked() {
    let mut bench = Bench::new(Fake::default());
    let original = item("Skylark was great", &["Skylark"]);
    let repost = Item {
        repost_of: Some(ItemId::new("feed", "0")),
        ..item("Skylark was great", &["Skylark"])
    };
    let records = bench.events(&[
        ItemEvent::Upsert(Box::new(original)),
        ItemEvent::Upsert(Box::new(repost)),
    ]);
    let mentions: Vec<_> = records.iter().map(mention).collect();
    assert_eq!(
        mentions.iter().map(|m| m.repost).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(mentions[0].sentiment, mentions[1].sentiment);
}

#[test]
fn equal_texts_of_one_step_are_judged_once() {
    let mut bench = Bench::new(Fake::default());
    let before = bench.fake.rows.load(std::sync::atomic::Ordering::Relaxed);
    let events = vec![upsert("Skylark was great", &["Skylark"]); 50];
    assert_eq!(bench.events(&events).len(), 50);
    assert_eq!(
        bench.fake.rows.load(std::sync::atomic::Ordering::Relaxed) - before,
        1
    );
}

#[test]
fn an_item_without_a_word_is_judged_by_its_rating_without_the_model() {
    let mut bench = Bench::new(Fake::default());
    let before = bench.fake.rows.load(std::sync::atomic::Ordering::Relaxed);
    let rating = Some(Rating {
        value: 1.0,
        min: 1.0,
        max: 5.0,
    });
    let stars = bench.mentions(Item {
        rating,
        ..item(" \n", &["Skylark"])
    });
    assert_eq!(
        (stars[0].label(), &*stars[0].model),
        (Sentiment::Negative, "rating")
    );
    let silent = bench.mentions(Item {
        id: ItemId::new("feed", "silent"),
        ..item("", &["Skylark"])
    });
    assert_eq!(
        (silent[0].label(), silent[0].uncertain),
        (Sentiment::Neutral, true)
    );
    assert_eq!(
        bench.fake.rows.load(std::sync::atomic::Ordering::Relaxed),
        before
    );
}

#[test]
fn a_record_that_cannot_be_read_is_kept_whole_with_the_reason() {
    let mut bench = Bench::new(Fake::default());
    let bytes = b"no frame at all".to_vec();
    let record = bench.record(Some(bytes.clone()));
    let commit = bench.step(&[record]).unwrap();
    let dead = &commit.records[0];
    assert_eq!(dead.topic.as_str(), "hark.dead-letters");
    assert_eq!(dead.value, Some(bytes));
    assert_eq!(dead.key, b"hark.items/3/1");
    let header = |name: &str| {
        let found = dead.headers.iter().find(|(header, _)| header == name);
        String::from_utf8(found.unwrap_or_else(|| panic!("{name}")).1.clone()).unwrap()
    };
    assert!(dead_letter::ALL.iter().all(|name| !header(name).is_empty()));
    assert_eq!(header(dead_letter::STAGE), "classify");
    assert_eq!(header(dead_letter::REASON_KIND), "frame_magic");
    assert_eq!(header("trace"), "1");
}

#[test]
fn a_poison_text_costs_its_own_item_only() {
    let mut bench =
        Bench::new(Fake::default().with_poison("\u{e000}Skylark poison", Poison::Panics));
    let records = bench.events(&[
        upsert("Skylark was great", &["Skylark"]),
        upsert("Skylark poison", &["Skylark"]),
        upsert("Skylark was late", &["Skylark"]),
    ]);
    let topics: Vec<_> = records.iter().map(|record| record.topic.as_str()).collect();
    assert_eq!(
        topics,
        ["hark.mentions", "hark.dead-letters", "hark.mentions"]
    );
}

#[test]
fn every_record_read_is_counted_once_under_what_became_of_it() {
    let mut bench =
        Bench::new(Fake::default().with_poison("\u{e000}Skylark poison", Poison::Fails));
    let gap = Gap {
        source: "feed".into(),
        from: Timestamp::from_millis(1),
        to: Timestamp::from_millis(2),
        reason: Arc::from("it was away"),
    };
    let mut events = Vec::new();
    for n in 0..40 {
        events.push(match n % 8 {
            0 => ItemEvent::Delete(delete(None)),
            1 => ItemEvent::Gap(gap.clone()),
            2 => upsert("Skylark poison", &["Skylark"]),
            3 => upsert("nobody", &[]),
            4 => upsert(
                "Skylark was great. Northwind lost it.",
                &["Skylark", "Northwind"],
            ),
            _ => upsert(&format!("Skylark {n}"), &["Skylark"]),
        });
    }
    let mut records: Vec<_> = events
        .iter()
        .map(|e| bench.record(Some(e.encode())))
        .collect();
    records.push(bench.record(None));
    let written = bench.step(&records).unwrap().records;
    let counts = RecordOutcome::ALL.map(|outcome| bench.count(outcome));
    assert_eq!(counts, [20, 10, 5, 6]);
    assert_eq!(counts.iter().sum::<u64>(), records.len() as u64);
    let [_, retracted, gaps, dead] = counts;
    assert_eq!(bench.metrics.mentions.get(), 25);
    assert_eq!(
        written.len() as u64,
        bench.metrics.mentions.get() + retracted + gaps + dead
    );
}

#[test]
fn a_step_that_was_not_committed_is_not_counted() {
    let mut bench = Bench::new(Fake::default());
    let record = bench.record(Some(upsert("Skylark", &["Skylark"]).encode()));
    bench.stage.step(&[record], &NoState, 0).unwrap();
    assert_eq!(bench.metrics.mentions.get(), 0);
}

#[test]
fn a_thousand_dead_letters_in_a_row_stop_the_stage_and_say_so() {
    let mut bench = Bench::new(Fake::default());
    let mut steps = 0;
    let error = loop {
        // Enough usable records first that the share of dead ones stays out of it.
        let dead = steps >= 1_000;
        let good = upsert("Skylark", &["Skylark"]).encode();
        let value = if dead { b"?".to_vec() } else { good };
        let records: Vec<_> = (0..100)
            .map(|_| bench.record(Some(value.clone())))
            .collect();
        match bench.step(&records) {
            Ok(_) => steps += if dead { 1 } else { 100 },
            Err(error) => break error.to_string(),
        }
    };
    assert!(
        error.contains("dead letters") && error.contains("hark dead-letters list"),
        "{error}"
    );
}

#[test]
fn a_stage_whose_engines_are_all_lost_stops_and_says_so() {
    let fake = Fake::default()
        .with_poison("\u{e000}Skylark poison", Poison::Loses)
        .with_most_engines(2);
    let mut bench = Bench::new(fake);
    let event = upsert("Skylark poison", &["Skylark"]);
    let error = loop {
        let record = bench.record(Some(event.encode()));
        if let Err(error) = bench.step(&[record]) {
            break error.to_string();
        }
    };
    assert!(error.contains("every engine is lost"), "{error}");
}
