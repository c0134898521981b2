//! How much a step takes.

use std::time::Duration;

/// A step that takes longer holds back what came behind it,
const LONGEST_STEP: Duration = Duration::from_millis(500);
/// and one that is done sooner spends its time on commits.
const SHORTEST_STEP: Duration = Duration::from_millis(125);
/// Beyond this, larger steps gain nothing.
const MOST_RECORDS: usize = 2_048;

/// Below this part of what it began with, engines wait for each other more than they work.
const LEAST_PART: usize = 8;

/// Finds how many records make a step of a fraction of a second, however fast the engines are.
/// What a step decides does not depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    least: usize,
    records: usize,
}

impl Pace {
    /// Starts with so many records a step.
    pub(crate) fn new(records: usize) -> Self {
        let records = records.max(1);
        Self {
            least: (records / LEAST_PART).max(1),
            records,
        }
    }

    /// The most that the next step takes.
    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// A step with so many records took so long.
    pub(crate) fn took(&mut self, records: usize, time: Duration) {
        if time > LONGEST_STEP {
            self.records = (self.records / 2).max(self.least);
        } else if records >= self.records && time < SHORTEST_STEP {
            self.records = (self.records * 2).min(MOST_RECORDS.max(self.least));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_grow_while_full_ones_are_quick_and_shrink_when_they_are_slow() {
        let mut pace = Pace::new(256);
        let (quick, slow) = (Duration::from_millis(20), Duration::from_secs(2));
        pace.took(255, quick);
        assert_eq!(pace.records(), 256);
        for _ in 0..9 {
            pace.took(pace.records(), quick);
        }
        assert_eq!(pace.records(), MOST_RECORDS);
        pace.took(MOST_RECORDS, slow);
        assert_eq!(pace.records(), MOST_RECORDS / 2);
        for _ in 0..9 {
            pace.took(1, slow);
        }
        assert_eq!(pace.records(), 32);
    }
}
