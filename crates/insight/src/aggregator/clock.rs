//! How far time has come, and what was published when.

use super::Cause;
use crate::store::{Store, StoreError};
use crate::tables::{self, CLOCK, save};
use hark_model::{AlertKind, Minute, Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The aggregator's sense of time. It never goes back.
#[derive(Debug, Default)]
pub(super) struct Clock {
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
    let row: Option<ClockRow> = tables::load(store, &CLOCK.key(&[]))?;
    Ok(row.unwrap_or_default().opened)
}

impl Clock {
    pub(super) fn restore(store: &dyn Store) -> Result<Self, StoreError> {
        let state = tables::load(store, &CLOCK.key(&[]))?.unwrap_or_default();
        Ok(Self {
            state,
            changed: false,
        })
    }

    pub(super) fn write(&mut self, store: &mut dyn Store) {
        if std::mem::take(&mut self.changed) {
            save(store, CLOCK.key(&[]), &self.state);
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.state
            .now
            .map_or(Timestamp::MIN, Timestamp::from_millis)
    }

    /// Returns whether time moved.
    pub(super) fn advance(&mut self, now: Timestamp) -> bool {
        let moved = self.state.now.is_none_or(|known| known < now.millis());
        if moved {
            self.state.now = Some(now.millis());
            self.changed = true;
        }
        moved
    }

    /// Something was counted.
    pub(super) fn heard(&mut self, event: Timestamp) {
        self.state.newest = Some(
            self.state
                .newest
                .map_or(event.millis(), |n| n.max(event.millis())),
        );
        self.touch();
    }

    /// The counts changed.
    pub(super) fn touch(&mut self) {
        self.state.news = true;
        self.changed = true;
    }

    /// An alert was opened.
    pub(super) fn opened(&mut self, kind: AlertKind) {
        self.state.opened[kind as usize] += 1;
        self.changed = true;
    }

    /// A record was read.
    pub(super) fn caused_by(&mut self, cause: &Cause) {
        self.state.cause = (Arc::clone(&cause.topic), cause.partition, cause.offset);
        self.changed = true;
    }

    /// The record read last.
    pub(super) fn cause(&self) -> Cause {
        let (topic, partition, offset) = &self.state.cause;
        Cause {
            topic: Arc::clone(topic),
            partition: *partition,
            offset: *offset,
        }
    }

    pub(super) fn has_news(&self) -> bool {
        self.state.news
    }

    pub(super) fn published(&self) -> Option<Minute> {
        self.state
            .published
            .map(|(minute, _, _)| Minute::new(minute))
    }

    pub(super) fn should_publish(&self, every: Span) -> bool {
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

    pub(super) fn next_publish(&self, every: Span) -> Option<Timestamp> {
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
    pub(super) fn publish(&mut self, head: Minute) -> u32 {
        let revision = match self.state.published {
            Some((minute, revision, _)) if minute == head.get() => revision + 1,
            _ => 0,
        };
        self.state.published = Some((head.get(), revision, self.now().millis()));
        self.state.news = false;
        self.changed = true;
        revision
    }

    pub(super) fn next_pane(&self, out_of_order: Span) -> Option<Timestamp> {
        let now = self.state.now.map(Timestamp::from_millis)?;
        Some((now - out_of_order).minute().end() + out_of_order)
    }
}
