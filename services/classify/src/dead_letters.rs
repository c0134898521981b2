//! When a stage has given up on so much that going on would hide a fault.

use std::collections::VecDeque;

/// Records that are looked back on.
const WINDOW: usize = 10_000;
/// Of them, more than one in this many stops the stage,
const ONE_IN: usize = 100;
/// but not fewer than this many.
const LEAST: usize = 100;
/// So many without a usable record between them stop it too.
const IN_A_ROW: usize = 1_000;

/// Watches the share of dead letters: more than 1 % of the last 10,000 records (and at least 100),
/// or 1,000 in a row, is no longer bad luck but a fault in a producer or in hark.
#[derive(Debug, Default)]
pub(crate) struct DeadLetterRule {
    recent: VecDeque<bool>,
    dead: usize,
    in_a_row: usize,
}

impl DeadLetterRule {
    /// Counts one record; `dead` when it became a dead letter.
    pub(crate) fn note(&mut self, dead: bool) {
        self.recent.push_back(dead);
        self.dead += usize::from(dead);
        self.in_a_row = if dead { self.in_a_row + 1 } else { 0 };
        if self.recent.len() > WINDOW && self.recent.pop_front() == Some(true) {
            self.dead -= 1;
        }
    }

    /// Why the stage has to stop; `None` while it may go on.
    pub(crate) fn broken(&self) -> Option<String> {
        let Self { dead, in_a_row, .. } = self;
        if *in_a_row >= IN_A_ROW {
            return Some(format!("{in_a_row} records in a row became dead letters"));
        }
        let seen = self.recent.len();
        (*dead >= LEAST && dead * ONE_IN > seen)
            .then(|| format!("{dead} of the last {seen} records became dead letters, over 1 %"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(records: impl IntoIterator<Item = bool>) -> Option<String> {
        let mut rule = DeadLetterRule::default();
        records.into_iter().for_each(|dead| rule.note(dead));
        rule.broken()
    }

    /// `count` dead letters, each followed by `good` usable records.
    fn mixed(count: usize, good: usize) -> impl Iterator<Item = bool> {
        (0..count * (good + 1)).map(move |at| at % (good + 1) == 0)
    }

    #[test]
    fn a_thousand_in_a_row_stop_the_stage() {
        let good = std::iter::repeat_n(false, 200_000);
        let text = after(good.chain([true; 1_000])).unwrap();
        assert!(text.starts_with("1000 records in a row"), "{text}");
    }

    #[test]
    fn one_per_cent_is_borne_and_more_is_not() {
        assert_eq!(after(mixed(200, 99)), None);
        let text = after(mixed(200, 98)).unwrap();
        assert!(text.contains("of the last 10000 records"), "{text}");
    }

    #[test]
    fn fewer_than_a_hundred_are_borne_whatever_their_share() {
        assert_eq!(after(mixed(99, 1)), None);
        assert!(after(mixed(100, 1)).is_some());
    }

    #[test]
    fn what_lies_beyond_the_window_is_forgotten() {
        assert_eq!(
            after(mixed(100, 1).chain(std::iter::repeat_n(false, 10_000))),
            None
        );
    }
}
