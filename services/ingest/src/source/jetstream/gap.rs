//! Whether something was missed between two connections.

use super::cursor::Seen;
use crate::source::RawEvent;
use hark_model::Timestamp;

/// A resumed stream may begin this much later than it ended and still be whole: instances give
/// the same event times of their own.
const TOLERANCE_US: i64 = 5_000_000;

/// What is known of the time before a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing was promised: the first start.
    Nothing,
    /// Everything up to this event was delivered, and the stream was asked to go on from there.
    Resumed(Seen),
    /// Everything up to this event was delivered, but the stream goes on with what is new.
    Skipped(Seen),
    /// There was a connection since this moment, but not one event to resume from.
    Unplaced(Timestamp),
}

/// The gap that a connection's first event gives away.
pub(super) fn before(before: Before, first: Seen) -> Option<RawEvent> {
    let (from, reason) = match before {
        Before::Nothing => return None,
        // A resumed stream gives the last event once more. The service says nothing when it no
        // longer has it, but begins with the oldest one it kept.
        Before::Resumed(last) if first.time_us <= last.time_us + TOLERANCE_US => return None,
        Before::Resumed(last) => (
            last.timestamp(),
            "the service had already dropped what came after the last event read (it keeps about \
             36 hours)",
        ),
        Before::Skipped(last) => (
            last.timestamp(),
            "an event larger than allowed stood in the way and was passed over with its neighbours",
        ),
        Before::Unplaced(since) => (
            since,
            "the connection broke before its first event, so there was nothing to resume at",
        ),
    };
    let to = first.timestamp();
    (from < to).then(|| RawEvent::Gap {
        from,
        to,
        reason: reason.to_owned(),
    })
}

/// Whether the service begins long before the moment it was asked to resume at, as one does to
/// which that moment is the future: then its own time is the one to go by.
pub(super) fn runs_behind(before: Before, first: Seen) -> bool {
    const HOUR_US: i64 = 3_600_000_000;
    matches!(before, Before::Resumed(last) if first.time_us < last.time_us - HOUR_US)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(seconds: i64) -> Seen {
        Seen::at((1_783_000_000 + seconds) * 1_000_000).unwrap()
    }

    fn gap(known: Before, first: Seen) -> Option<(Timestamp, Timestamp)> {
        before(known, first).map(|event| match event {
            RawEvent::Gap { from, to, .. } => (from, to),
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn a_stream_that_repeats_its_last_event_has_no_gap() {
        assert_eq!(gap(Before::Resumed(seen(100)), seen(95)), None);
        assert_eq!(gap(Before::Resumed(seen(100)), seen(100)), None);
        assert_eq!(
            gap(Before::Resumed(seen(100)), seen(105)),
            None,
            "another instance's clock"
        );
    }

    #[test]
    fn a_silently_clamped_cursor_is_a_gap_from_the_last_event_to_the_first() {
        let expected = Some((seen(100).timestamp(), seen(3700).timestamp()));
        assert_eq!(gap(Before::Resumed(seen(100)), seen(3700)), expected);
    }

    #[test]
    fn what_was_skipped_or_never_placed_is_a_gap_however_short() {
        assert!(gap(Before::Skipped(seen(100)), seen(101)).is_some());
        assert!(gap(Before::Unplaced(seen(100).timestamp()), seen(101)).is_some());
        assert_eq!(gap(Before::Unplaced(seen(100).timestamp()), seen(99)), None);
    }

    #[test]
    fn the_first_start_misses_nothing() {
        assert_eq!(gap(Before::Nothing, seen(100)), None);
    }
}
