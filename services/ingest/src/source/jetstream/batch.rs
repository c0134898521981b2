//! Events on their way to the pipeline.

use super::counts::JetstreamCounts;
use super::cursor::Seen;
use super::frame::{Message, Undecoded, Unpacker};
use super::gap::{self, Before};
use super::map::{self, Mapped};
use crate::source::Delivery;
use std::time::Duration;
use tokio::time::Instant;

/// A delivery stands for at most this many messages,
const MOST: usize = 200;
/// none of which has waited longer than this.
const LINGER: Duration = Duration::from_millis(100);

/// Gathers the messages of one connection.
pub(super) struct Batch<'a> {
    before: Option<Before>,
    latest: Option<Seen>,
    counts: &'a JetstreamCounts,
    events: Vec<crate::source::RawEvent>,
    messages: usize,
    due: Option<Instant>,
}

impl<'a> Batch<'a> {
    /// Nothing yet, on a connection with this past.
    pub(super) fn new(before: Before, counts: &'a JetstreamCounts) -> Self {
        let latest = match before {
            Before::Resumed(last) | Before::Skipped(last) => Some(last),
            Before::Nothing | Before::Unplaced(_) => None,
        };
        Self {
            before: Some(before),
            latest,
            counts,
            events: Vec::new(),
            messages: 0,
            due: None,
        }
    }

    /// Adds a message; the id of another dictionary if it was packed with that.
    pub(super) fn push(
        &mut self,
        message: &Message,
        unpacker: Option<&mut Unpacker>,
    ) -> Result<(), u32> {
        let mapped = match message.json(unpacker) {
            Ok(json) => map::event(&json),
            Err(Undecoded::OtherDictionary(id)) => return Err(id),
            Err(Undecoded::Broken(reason, detail)) => Mapped {
                seen: None,
                outcome: Ok(map::unusable(message.raw(), reason, detail)),
            },
        };
        self.messages += 1;
        self.due.get_or_insert_with(|| Instant::now() + LINGER);
        if let Some(seen) = mapped.seen {
            self.advance(seen);
        }
        match mapped.outcome {
            Ok(event) => self.events.push(event),
            Err(ignored) => self.counts.ignored(ignored),
        }
        Ok(())
    }

    fn advance(&mut self, seen: Seen) {
        if let Some(before) = self.before.take() {
            self.events.extend(gap::before(before, seen));
            if gap::runs_behind(before, seen) {
                tracing::warn!("the service's clock is behind the last event read; following it");
                self.latest = None;
            }
        }
        let later = self
            .latest
            .is_none_or(|latest| latest.time_us < seen.time_us);
        if later {
            self.latest = Some(seen);
        }
    }

    /// Whether anything was received that has a place in the stream.
    pub(super) fn has_begun(&self) -> bool {
        self.before.is_none()
    }

    /// The latest event seen.
    pub(super) fn latest(&self) -> Option<Seen> {
        self.latest
    }

    /// When it has to be delivered; `None` of nothing.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Whether it has to be delivered now.
    pub(super) fn is_full(&self) -> bool {
        self.messages >= MOST
    }

    /// What was gathered; `None` of nothing.
    pub(super) fn take(&mut self) -> Option<Delivery> {
        self.due.take()?;
        self.messages = 0;
        let cursor = self.latest.map(Seen::encode);
        Some(Delivery {
            events: std::mem::take(&mut self.events),
            cursor,
        })
    }
}
