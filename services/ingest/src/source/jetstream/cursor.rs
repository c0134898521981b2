//! How far the stream was read.

use crate::source::Cursor;
use hark_model::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Smaller values are sequence numbers of one instance, and mean nothing to another.
const LEAST_MICROS: i64 = 1_000_000_000_000_000;

/// The service's own time of the latest event seen, in microseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seen {
    pub(super) time_us: i64,
}

impl Seen {
    /// At this moment of the service; `None` when the number is no time.
    pub(super) fn at(time_us: i64) -> Option<Self> {
        (time_us >= LEAST_MICROS).then_some(Self { time_us })
    }

    pub(super) fn encode(self) -> Cursor {
        serde_json::to_vec(&self).expect("a struct of one number is JSON")
    }

    pub(super) fn decode(cursor: &[u8]) -> Option<Self> {
        let Self { time_us } = serde_json::from_slice(cursor).ok()?;
        Self::at(time_us)
    }

    /// Where to resume. Inclusive and some seconds back: time steps back between events and
    /// differs between instances, and what comes twice is recognised downstream.
    pub(super) fn resume_at(self, rewind: Duration) -> i64 {
        let rewind = i64::try_from(rewind.as_micros()).unwrap_or(i64::MAX);
        self.time_us.saturating_sub(rewind).max(LEAST_MICROS)
    }

    pub(super) fn timestamp(self) -> Timestamp {
        Timestamp::from_micros(self.time_us)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was() {
        let seen = Seen::at(1_783_175_888_090_631).unwrap();
        assert_eq!(Seen::decode(&seen.encode()), Some(seen));
    }

    #[test]
    fn a_sequence_number_is_no_cursor() {
        assert_eq!(Seen::at(30_340_180_350), None);
        assert_eq!(Seen::decode(br#"{"time_us":30340180350}"#), None);
        assert_eq!(Seen::decode(b"torn"), None);
    }

    #[test]
    fn resuming_goes_back_but_never_into_sequence_numbers() {
        let seen = Seen::at(1_783_175_888_090_631).unwrap();
        assert_eq!(
            seen.resume_at(Duration::from_secs(5)),
            1_783_175_883_090_631
        );
        assert_eq!(seen.resume_at(Duration::MAX), LEAST_MICROS);
    }
}
