//! How much of a stretch of time was heard.

use crate::store::{Store, StoreError};
use crate::tables::{self, GAPS, save};
use hark_model::{Gap, Timestamp};
use serde::{Deserialize, Serialize};

/// When hark began to listen, and what its sources missed since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Coverage {
    /// When the first event shows that hark was listening, ms; `None` before it.
    started: Option<i64>,
    /// Stretches in which a source may have missed something, ms, `from..to`: in order, apart.
    gaps: Vec<(i64, i64)>,
}

impl Coverage {
    pub(crate) fn restore(store: &dyn Store) -> Result<Self, StoreError> {
        Ok(tables::load(store, &GAPS.key(&[]))?.unwrap_or_default())
    }

    /// An event was heard.
    pub(crate) fn heard(&mut self, time: Timestamp, store: &mut dyn Store) {
        if self.started.is_none_or(|started| time.millis() < started) {
            self.started = Some(time.millis());
            self.write(store);
        }
    }

    /// A source missed something.
    pub(crate) fn missed(&mut self, gap: &Gap, store: &mut dyn Store) {
        let span = (gap.from.millis(), gap.to.millis());
        if span.0 < span.1 && !self.gaps.contains(&span) {
            self.gaps.push(span);
            self.tidy();
            self.write(store);
        }
    }

    /// Puts the gaps in order, and those that touch together.
    fn tidy(&mut self) {
        self.gaps.sort_unstable();
        self.gaps.dedup_by(|next, kept| {
            let touches = next.0 <= kept.1;
            if touches {
                kept.1 = kept.1.max(next.1);
            }
            touches
        });
    }

    /// Adds what somebody else knows of the same time.
    pub(crate) fn join(&mut self, other: Self) {
        self.started = match (self.started, other.started) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
        self.gaps.extend(other.gaps);
        self.tidy();
    }

    /// As it is if nothing was heard since then.
    pub(crate) fn without(&self, since: Option<Timestamp>) -> Self {
        let mut lesser = self.clone();
        lesser
            .gaps
            .extend(since.map(|since| (since.millis(), i64::MAX)));
        lesser
    }

    fn write(&self, store: &mut dyn Store) {
        save(store, GAPS.key(&[]), self);
    }

    /// The part of `from..to`, 0..=1, that was heard without a gap.
    pub(crate) fn of(&self, from: Timestamp, to: Timestamp) -> f64 {
        let (from, to) = (from.millis(), to.millis());
        let Some(started) = self.started else {
            return 0.0;
        };
        if to <= from {
            return 0.0;
        }
        let mut heard_up_to = from.max(started.min(to));
        let mut heard = 0;
        for (gap_from, gap_to) in &self.gaps {
            heard += ((*gap_from).min(to) - heard_up_to).max(0);
            heard_up_to = heard_up_to.max((*gap_to).min(to));
        }
        heard += (to - heard_up_to).max(0);
        heard as f64 / (to - from) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MemoryStore;
    use hark_model::Span;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn gap(from: i64, to: i64) -> Gap {
        Gap {
            source: "s".into(),
            from: at(from),
            to: at(to),
            reason: "test".into(),
        }
    }

    #[test]
    fn nothing_is_covered_before_the_first_event() {
        let (mut coverage, mut store) = (Coverage::default(), MemoryStore::default());
        assert_eq!(coverage.of(at(0), at(100)), 0.0);
        coverage.heard(at(75), &mut store);
        assert_eq!(coverage.of(at(0), at(100)), 0.25);
        assert_eq!(coverage.of(at(100), at(200)), 1.0);
    }

    #[test]
    fn overlapping_gaps_are_counted_once_and_survive_a_restart() {
        let (mut coverage, mut store) = (Coverage::default(), MemoryStore::default());
        coverage.heard(at(0), &mut store);
        for gap in [gap(10, 30), gap(20, 40), gap(90, 500), gap(20, 40)] {
            coverage.missed(&gap, &mut store);
        }
        assert_eq!(coverage.of(at(0), at(100)), 0.6);
        assert_eq!(coverage.of(at(100), at(100) + Span::from_seconds(100)), 0.0);
        assert_eq!(Coverage::restore(&store).unwrap(), coverage);
    }
}
