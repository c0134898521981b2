//! The calculus in two steps: mentions shared out by their authors, and what they mean together.

use super::time::at;
use hark_insight::{
    Cause, Config, GlobalAggregator, Insight, LocalAggregator, MemoryStore, Partial,
};
use hark_model::{Alert, AuthorKey, MentionEvent, ShareOfVoice, Timestamp, Window};
use std::sync::Arc;

/// One share of the mentions.
struct Share {
    aggregator: LocalAggregator,
    store: MemoryStore,
}

pub(crate) struct Shared {
    config: Config,
    shares: Vec<Share>,
    global: GlobalAggregator,
    store: MemoryStore,
    pub(crate) said: Vec<Insight>,
    /// Every partial, as it was handed over.
    pub(crate) partials: Vec<Partial>,
    offset: u64,
}

impl Shared {
    pub(crate) fn new(config: &Config, shares: u32) -> Self {
        let store = MemoryStore::default();
        let share = |task| Share {
            aggregator: LocalAggregator::restore(config.clone(), task, &store).unwrap(),
            store: MemoryStore::default(),
        };
        Self {
            config: config.clone(),
            shares: (0..shares).map(share).collect(),
            global: GlobalAggregator::restore(config.clone(), shares, &store).unwrap(),
            store,
            said: Vec::new(),
            partials: Vec::new(),
            offset: 0,
        }
    }

    /// Hears an event where it belongs; one whose author nobody knows goes everywhere.
    pub(crate) fn hears(&mut self, event: &MentionEvent, now: Timestamp) {
        let count = self.shares.len() as u64;
        let of = |author: AuthorKey| (author.short() % count) as usize;
        let everywhere = 0..self.shares.len();
        let places: Vec<usize> = match event {
            MentionEvent::Observed(mention) => vec![mention.author.map_or(0, of)],
            MentionEvent::RetractItem(delete) => delete
                .author
                .map_or(everywhere.collect(), |author| vec![of(author)]),
            MentionEvent::RetractAuthor(delete) => vec![of(delete.author)],
            MentionEvent::Gap(_) => everywhere.collect(),
        };
        for place in places {
            let cause = Cause {
                topic: Arc::from("hark.mentions"),
                partition: place as u32,
                offset: self.offset,
            };
            self.offset += 1;
            let Share { aggregator, store } = &mut self.shares[place];
            aggregator.observe(event, &cause, now, store).unwrap();
        }
        self.hand_over(now);
        self.decide(now);
    }

    /// Lets time pass for everybody.
    pub(crate) fn advances(&mut self, now: Timestamp) {
        for Share { aggregator, store } in &mut self.shares {
            aggregator.advance(now, store).unwrap();
        }
        self.hand_over(now);
        self.decide(now);
    }

    fn hand_over(&mut self, now: Timestamp) {
        let mut partials = Vec::new();
        for Share { aggregator, store } in &mut self.shares {
            partials.extend(aggregator.flush(store).1);
        }
        for partial in partials {
            let partial = Partial::decode(&partial.encode()).unwrap();
            self.partials.push(partial.clone());
            self.takes(partial, now);
        }
    }

    pub(crate) fn takes(&mut self, partial: Partial, now: Timestamp) {
        self.global.take(partial, now, &mut self.store);
    }

    pub(crate) fn decide(&mut self, now: Timestamp) {
        self.global.advance(now);
        self.said.extend(self.global.flush(&mut self.store));
    }

    /// Everybody forgets all but their stores.
    pub(crate) fn restarts(&mut self) {
        let count = self.shares.len() as u32;
        for (task, share) in (0..).zip(&mut self.shares) {
            let config = self.config.clone();
            share.aggregator = LocalAggregator::restore(config, task, &share.store).unwrap();
        }
        self.global = GlobalAggregator::restore(self.config.clone(), count, &self.store).unwrap();
    }

    pub(crate) fn published(&self, brand: &str, window: Window) -> Option<ShareOfVoice> {
        published(&self.said, brand, window)
    }

    pub(crate) fn alerts(&self) -> Vec<Alert> {
        alerts(&self.said)
    }
}

/// The latest publication for a brand and a window; its revision counts publications, of which there
/// may be more or fewer.
pub(crate) fn published(said: &[Insight], brand: &str, window: Window) -> Option<ShareOfVoice> {
    said.iter().rev().find_map(|insight| match insight {
        Insight::Voice(share) if share.brand == brand.into() && share.window == Some(window) => {
            Some(ShareOfVoice {
                revision: 0,
                ..(**share).clone()
            })
        }
        _ => None,
    })
}

/// What was told to people, but for the records it was decided after: of several shares that is the
/// last record of one of them.
pub(crate) fn alerts(said: &[Insight]) -> Vec<Alert> {
    let alerts = said.iter().filter_map(|insight| match insight {
        Insight::Alert(alert) => Some((**alert).clone()),
        _ => None,
    });
    alerts
        .map(|mut alert| {
            alert.provenance.records.clear();
            alert
        })
        .collect()
}

/// A moment after every event that the streams of the tests have.
pub(crate) fn afterwards() -> Timestamp {
    at("00:00") + hark_model::Span::from_days(4)
}
