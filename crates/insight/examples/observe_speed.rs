//! How many mentions a second the calculus takes in, on one core with its store in memory.
//!
//! `cargo run --release -p hark-insight --example observe_speed [MENTIONS]`
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example that prints a figure"
)]

use hark_insight::{Aggregator, Cause, Config, Market, MemoryStore, MentionRule};
use hark_model::{
    AuthorKey, BrandId, Intent, ItemId, Mention, MentionEvent, Scored, Sentiment, SentimentScores,
    Span, Timestamp, Version,
};
use std::sync::Arc;
use std::time::{Duration, Instant};

const BRANDS: u64 = 10;
const AUTHORS: u64 = 100_000;
const FLUSH_EVERY: usize = 512;
const TOUCHPOINTS: [&str; 5] = ["delivery", "staff", "payment", "support", "price"];
const TEXTS: [&str; 4] = [
    "The app keeps crashing whenever I try to pay, and support has not answered for three days now",
    "Picked up my order this morning, everything was there and the staff were friendly as always",
    "Does anybody know whether they deliver on Sundays? The website does not say anything about it",
    "Charged twice for the same order again. I want my money back and then I am out of here",
];

/// A seeded stream of numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

fn config() -> Config {
    let rule = |id: &str| MentionRule {
        id: Arc::from(id),
        sentiment: vec![Sentiment::Negative],
        ..MentionRule::default()
    };
    let words = [
        "lawsuit",
        "lawyer",
        "sue",
        "food poisoning",
        "injured",
        "caught fire",
        "recall",
    ];
    let brands = (0..BRANDS)
        .map(|brand| BrandId::new(format!("brand-{brand}")))
        .collect();
    Config {
        markets: vec![Market {
            id: "market".into(),
            brands,
        }],
        mention_rules: vec![
            MentionRule {
                words: words.map(str::to_owned).to_vec(),
                throttle: false,
                ..rule("safety")
            },
            MentionRule {
                min_reach: Some(10_000),
                min_confidence: 0.6,
                ..rule("reach")
            },
            MentionRule {
                intents: vec![Intent::Churn],
                min_confidence: 0.6,
                ..rule("churn-threat")
            },
            MentionRule {
                intents: vec![Intent::Complaint],
                min_confidence: 0.95,
                min_weight: Some(1.5),
                ..rule("moment-of-truth")
            },
        ],
        ..Config::default()
    }
}

/// Mentions a second of event time: 10 brands at some 50 a second in all.
fn events(mentions: usize) -> Vec<MentionEvent> {
    let mut random = Random(1);
    (0..mentions)
        .map(|number| {
            let brand = BrandId::new(format!("brand-{}", random.below(BRANDS)));
            let mut author = [0; 16];
            author[..8]
                .copy_from_slice(&Random(random.below(AUTHORS)).below(u64::MAX).to_be_bytes());
            let label = random.below(4);
            let scores = |negative, neutral, positive| SentimentScores {
                negative,
                neutral,
                positive,
            };
            let touchpoints = (0..random.below(3))
                .map(|_| TOUCHPOINTS[random.below(5) as usize].into())
                .map(|label| Scored {
                    label,
                    probability: 0.8,
                })
                .collect();
            let time = Timestamp::from_millis(1_704_067_200_000 + number as i64 * 20);
            let churn = random.below(50) == 0;
            let intents = [
                (Intent::Complaint, label == 0),
                (Intent::Churn, label == 0 && churn),
            ];
            MentionEvent::Observed(Box::new(Mention {
                item: ItemId::new("web", format!("at://did:plc:someone/app.post/{number}")),
                version: Version {
                    order: number as i64,
                    tag: Arc::from("bafyreib2rxk3rh6kzwq"),
                },
                item_brands: vec![brand.clone()],
                brand,
                event_time: time,
                arrived_at: time,
                author: Some(AuthorKey::new(author)),
                reach: (random.below(2) == 0).then(|| random.below(9_000)),
                url: Some(Arc::from("https://example.org/post/1")),
                text: Arc::from(TEXTS[random.below(4) as usize]),
                language: Some(Arc::from("eng")),
                clause: Arc::from("name"),
                sentiment: match label {
                    0 => scores(0.9, 0.05, 0.05),
                    1 => scores(0.05, 0.05, 0.9),
                    _ => scores(0.1, 0.8, 0.1),
                },
                uncertain: false,
                touchpoints,
                intents: intents
                    .into_iter()
                    .filter(|(_, holds)| *holds)
                    .map(|(label, _)| Scored {
                        label,
                        probability: 0.8,
                    })
                    .collect(),
                emotions: Vec::new(),
                expectation: None,
                repost: random.below(20) == 0,
                rating: None,
                model: Arc::from("hark-1"),
            }))
        })
        .collect()
}

/// What this thread has had of a core (Linux), so that a busy machine measures the same.
fn time_on_core() -> Option<Duration> {
    let times = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = times.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn main() {
    let mentions = std::env::args()
        .nth(1)
        .map_or(300_000, |text| text.parse().unwrap());
    let events = events(mentions);
    let mut store = MemoryStore::default();
    let mut aggregator = Aggregator::restore(config(), &store).unwrap();
    let mut cause = Cause {
        topic: Arc::from("hark.mentions"),
        partition: 0,
        offset: 0,
    };
    let mut said = 0;
    let (start, before) = (Instant::now(), time_on_core());
    for batch in events.chunks(FLUSH_EVERY) {
        for event in batch {
            let MentionEvent::Observed(mention) = event else {
                continue;
            };
            cause.offset += 1;
            aggregator
                .observe(event, &cause, mention.event_time, &mut store)
                .unwrap();
        }
        said += aggregator.flush(&mut store).unwrap().len();
    }
    let taken = match (before, time_on_core()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed(),
    };
    let rate = mentions as f64 / taken.as_secs_f64();
    println!(
        "{mentions} mentions ({} of event time) in {taken:.2?}: {rate:.0} a second, {said} insights",
        Span::from_millis(mentions as i64 * 20).minutes()
    );
}
