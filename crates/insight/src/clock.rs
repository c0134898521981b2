//! How far time has come, and what was published when, as each step of the calculus has it.

use crate::global::clock_key;
use crate::store::{Store, StoreError};
use crate::tables::{self, CLOCK, save};
use hark_model::{AlertKind, Minute, RecordRange, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A step's sense of time. It never goes back.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    /// Where it lies in the store.
    key: Vec<u8>,
    state: ClockRow,
    changed: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct ClockRow {
    /// The latest moment, ms.
    now: Option<i64>,
    /// The newest event time that was counted, ms.
    newest: Option<i64>,
    /// The minute that share of voice was last published up to, its revision, and when.
    published: Option<(i64, u32, i64)>,
    /// Something was counted since.
    news: bool,
    /// Alerts ever opened, in the order of `AlertKind::ALL`.
    #[serde(default)]
    opened: [u64; 2],
    /// The record read last: topic, partition, offset.
    #[serde(default)]
    cause: (Arc<str>, u32, u64),
}

pub(crate) fn newest_event(store: &dyn Store) -> Result<Option<Timestamp>, StoreError> {
    let row: Option<ClockRow> = tables::load(store, &CLOCK.key(&[]))?;
    Ok(row.and_then(|row| row.newest).map(Timestamp::from_millis))
}

/// Alerts ever opened, in the order of `AlertKind::ALL`.
pub(crate) fn alerts_opened(store: &dyn Store) -> Result<[u64; 2], StoreError> {
    Ok(row(store, &clock_key())?.unwrap_or_default().opened)
}

/// A clock's row. Before the calculus had two steps there was one clock for both.
fn row(store: &dyn Store, key: &[u8]) -> Result<Option<ClockRow>, StoreError> {
    match tables::load(store, key)? {
        Some(row) => Ok(Some(row)),
        None => tables::load(store, &CLOCK.key(&[])),
    }
}

impl Clock {
    pub(crate) fn restore(store: &dyn Store, key: &[u8]) -> Result<Self, StoreError> {
        Ok(Self {
            key: key.to_vec(),
            state: row(store, key)?.unwrap_or_default(),
            changed: false,
        })
    }

    pub(crate) fn write(&mut self, store: &mut dyn Store) {
        if std::mem::take(&mut self.changed) {
            save(store, self.key.clone(), &self.state);
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.state
            .now
            .map_or(Timestamp::MIN, Timestamp::from_millis)
    }

    /// Time only moves forward: what is due already is done a moment from now.
    pub(crate) fn soon(&self) -> Timestamp {
        self.now() + Span::from_millis(1)
    }

    /// Returns whether time moved. It does not move to before its beginning.
    pub(crate) fn advance(&mut self, now: Timestamp) -> bool {
        let moved = now > Timestamp::MIN && self.state.now.is_none_or(|known| known < now.millis());
        if moved {
            self.state.now = Some(now.millis());
            self.changed = true;
        }
        moved
    }

    /// Something was counted.
    pub(crate) fn heard(&mut self, event: Timestamp) {
        self.state.newest = Some(
            self.state
                .newest
                .map_or(event.millis(), |n| n.max(event.millis())),
        );
        self.touch();
    }

    /// The counts changed.
    pub(crate) fn touch(&mut self) {
        self.state.news = true;
        self.changed = true;
    }

    /// An alert was opened.
    pub(crate) fn opened(&mut self, kind: AlertKind) {
        self.state.opened[kind as usize] += 1;
        self.changed = true;
    }

    /// A record was read.
    pub(crate) fn caused_by(&mut self, cause: &RecordRange) {
        self.state.cause = (Arc::clone(&cause.topic), cause.partition, cause.offset);
        self.changed = true;
    }

    /// The record read last.
    pub(crate) fn cause(&self) -> RecordRange {
        let (topic, partition, offset) = &self.state.cause;
        RecordRange {
            topic: Arc::clone(topic),
            partition: *partition,
            offset: *offset,
        }
    }

    pub(crate) fn has_news(&self) -> bool {
        self.state.news
    }

    pub(crate) fn published(&self) -> Option<Minute> {
        self.state
            .published
            .map(|(minute, _, _)| Minute::new(minute))
    }

    pub(crate) fn should_publish(&self, every: Span) -> bool {
        let now = self.now();
        match self.state.published {
            None => self.state.news,
            Some((minute, _, at)) => {
                let due = now - Timestamp::from_millis(at) >= every;
                // Windows slide even when nobody speaks: once a minute, while anybody ever did.
                due && (self.state.news || now.minute() > Minute::new(minute))
            }
        }
    }

    pub(crate) fn next_publish(&self, every: Span) -> Option<Timestamp> {
        let Some((minute, _, at)) = self.state.published else {
            return self.state.news.then(|| self.now());
        };
        let due = Timestamp::from_millis(at) + every;
        Some(if self.state.news {
            due
        } else {
            due.max(Minute::new(minute).end())
        })
    }

    /// Notes a publication up to a minute and returns its revision.
    pub(crate) fn publish(&mut self, head: Minute) -> u32 {
        let revision = match self.state.published {
            Some((minute, revision, _)) if minute == head.get() => revision + 1,
            _ => 0,
        };
        self.state.published = Some((head.get(), revision, self.now().millis()));
        self.state.news = false;
        self.changed = true;
        revision
    }

    pub(crate) fn next_pane(&self, out_of_order: Span) -> Option<Timestamp> {
        let now = self.state.now.map(Timestamp::from_millis)?;
        Some((now - out_of_order).minute().end() + out_of_order)
    }
}
