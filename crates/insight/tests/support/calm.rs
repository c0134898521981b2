//! A brand of steady trouble, heard by an aggregator minute after minute.

use super::noise::Noise;
use hark_insight::{Aggregator, Cause, Config, Insight, Market, MemoryStore};
use hark_model::{
    AlertKind, BrandId, ItemId, Mention, MentionEvent, Occasion, SentimentScores, Span, Timestamp,
    Version,
};
use std::sync::Arc;

/// A stretch in which there are `times` as many negatives.
pub(crate) struct Incident {
    pub(crate) start: i64,
    pub(crate) minutes: i64,
    pub(crate) times: f64,
}

impl Incident {
    pub(crate) fn none() -> Self {
        Self {
            start: 0,
            minutes: 0,
            times: 1.0,
        }
    }

    fn times_at(&self, minute: i64) -> f64 {
        let inside = (self.start..self.start + self.minutes).contains(&minute);
        if inside { self.times } else { 1.0 }
    }
}

/// The minutes at whose end a spike alert opened.
pub(crate) fn spikes(rate: f64, seed: u64, minutes: i64, incident: &Incident) -> Vec<i64> {
    let brand = BrandId::new("skylark");
    let config = Config {
        markets: vec![Market {
            id: "market".into(),
            brands: vec![brand.clone()],
        }],
        publish_every: Span::from_days(400),
        ..Config::default()
    };
    let mut store = MemoryStore::default();
    let mut aggregator = Aggregator::restore(config, &store).unwrap();
    let mut noise = Noise::new(rate, seed);
    let mut cause = Cause {
        topic: Arc::from("mentions"),
        partition: 0,
        offset: 0,
    };
    let (mut found, mut number) = (Vec::new(), 0);
    for minute in 0..minutes {
        let time = Timestamp::from_seconds(minute * 60 + 30);
        for _ in 0..noise.minute(minute, incident.times_at(minute)) + u32::from(minute == 0) {
            number += 1;
            let event = negative(&brand, number, time);
            cause.offset += 1;
            aggregator
                .observe(&event, &cause, time, &mut store)
                .unwrap();
        }
        aggregator
            .advance(Timestamp::from_seconds(minute * 60 + 70), &mut store)
            .unwrap();
        if minute % 1_440 == 0 || minute + 1 == minutes {
            found.extend(
                aggregator
                    .flush(&mut store)
                    .unwrap()
                    .iter()
                    .filter_map(opened),
            );
            // What was counted is not looked at again, and need not be kept for weeks.
            store = MemoryStore::default();
        }
    }
    found
}

fn opened(insight: &Insight) -> Option<i64> {
    match insight {
        Insight::Alert(alert)
            if alert.kind == AlertKind::Spike && alert.occasion == Occasion::Opened =>
        {
            Some(alert.opened_at.minute().get() - 1)
        }
        _ => None,
    }
}

fn negative(brand: &BrandId, number: u64, time: Timestamp) -> MentionEvent {
    MentionEvent::Observed(Box::new(Mention {
        item: ItemId::new("web", number.to_string()),
        version: Version::default(),
        brand: brand.clone(),
        item_brands: vec![brand.clone()],
        event_time: time,
        arrived_at: time,
        author: None,
        reach: None,
        url: None,
        text: Arc::from(""),
        language: None,
        clause: Arc::from(""),
        sentiment: SentimentScores {
            negative: 0.9,
            neutral: 0.05,
            positive: 0.05,
        },
        uncertain: false,
        touchpoints: Vec::new(),
        intents: Vec::new(),
        emotions: Vec::new(),
        expectation: None,
        repost: false,
        rating: None,
        model: Arc::from(""),
    }))
}
