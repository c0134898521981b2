//! A webhook's health: how much may be sent to it, and when.
//!
//! Each notice backs off by itself. An endpoint that fails again and again is down: then one
//! notice at a time is tried, ever more seldom, and the others wait untouched. The first 2xx
//! opens it again for everything that waited, so an outage is made up for at full speed.

/// Requests a webhook may have under way.
pub(crate) const IN_FLIGHT: usize = 4;
/// Failures in a row after which an endpoint is down.
const DOWN_AFTER: u32 = 3;
const BASE_MS: i64 = 1_000;
/// The longest a notice waits for its next attempt.
const LONGEST_MS: i64 = 5 * 60 * 1_000;
/// The longest an endpoint that is down is left alone.
const LONGEST_DOWN_MS: i64 = 60 * 1_000;
/// The longest pause an endpoint may ask for.
const LONGEST_ASKED_MS: i64 = 60 * 60 * 1_000;

/// What care knows of an endpoint since it started.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    in_flight: Vec<u64>,
    /// In a row.
    failures: u32,
    /// Nothing is sent before this moment, ms since the epoch.
    not_before: i64,
    /// It answered 410: nothing is sent until a restart.
    gone: bool,
}

/// What an answer changed about an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    None,
    WentDown,
    Recovered,
}

impl Queue {
    /// The numbers of the notices under way.
    pub(crate) fn in_flight(&self) -> &[u64] {
        &self.in_flight
    }

    pub(crate) fn started(&mut self, number: u64) {
        self.in_flight.push(number);
    }

    pub(crate) fn ended(&mut self, number: u64) {
        self.in_flight.retain(|other| *other != number);
    }

    /// From when on one more may be sent; `None` while only an answer, or a restart, can tell.
    pub(crate) fn opens_at(&self) -> Option<i64> {
        let most = if self.is_down() { 1 } else { IN_FLIGHT };
        (!self.gone && self.in_flight.len() < most).then_some(self.not_before)
    }

    pub(crate) fn delivered(&mut self) -> Change {
        // A request that was under way when the endpoint said 410 changes nothing about that.
        let recovered = self.is_down() && !self.gone;
        let change = if recovered {
            Change::Recovered
        } else {
            Change::None
        };
        self.failures = 0;
        self.not_before = 0;
        change
    }

    /// An attempt failed; `asked` is the moment the endpoint asked to be left alone until.
    pub(crate) fn failed(&mut self, now: i64, asked: Option<i64>) -> Change {
        let before = self.is_down();
        self.failures = self.failures.saturating_add(1);
        if let Some(asked) = asked {
            self.not_before = self.not_before.max(asked);
        }
        if !self.is_down() {
            return Change::None;
        }
        let pause = full_jitter(self.failures - DOWN_AFTER, LONGEST_DOWN_MS);
        self.not_before = self.not_before.max(now + pause);
        if before {
            Change::None
        } else {
            Change::WentDown
        }
    }

    pub(crate) fn disable(&mut self) {
        self.gone = true;
    }

    fn is_down(&self) -> bool {
        self.failures >= DOWN_AFTER
    }
}

/// When a notice that failed `attempts` times (1 or more) is tried again.
pub(crate) fn next_attempt(now: i64, attempts: u32, asked: Option<i64>) -> i64 {
    let own = now + full_jitter(attempts.saturating_sub(1), LONGEST_MS);
    asked.map_or(own, |asked| own.max(asked))
}

/// The moment an endpoint asked for, within reason.
pub(crate) fn within_reason(now: i64, asked: i64) -> i64 {
    asked.min(now + LONGEST_ASKED_MS)
}

/// Exponential back-off with full jitter: anything from nothing to the whole of base · 2ⁿ
/// (Brooker, "Exponential Backoff And Jitter", AWS 2015), so that retries spread out.
fn full_jitter(doublings: u32, longest: i64) -> i64 {
    let whole = BASE_MS.saturating_mul(1 << doublings.min(20)).min(longest);
    rand::random_range(1..=whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_backs_off_exponentially_up_to_five_minutes() {
        for (attempts, longest) in [
            (1, 1_000),
            (2, 2_000),
            (4, 8_000),
            (10, 300_000),
            (u32::MAX, 300_000),
        ] {
            let waits: Vec<i64> = (0..200).map(|_| next_attempt(0, attempts, None)).collect();
            assert!(
                waits.iter().all(|wait| (1..=longest).contains(wait)),
                "{attempts}"
            );
            assert!(
                waits.iter().any(|wait| *wait > longest / 2),
                "{attempts}: no jitter"
            );
        }
    }

    #[test]
    fn what_the_endpoint_asks_for_is_the_least_and_an_hour_the_most() {
        assert_eq!(next_attempt(0, 1, Some(7_000)), 7_000);
        assert_eq!(within_reason(5, i64::MAX), 5 + LONGEST_ASKED_MS);
    }

    #[test]
    fn an_endpoint_that_is_down_is_tried_with_one_notice_at_most_a_minute_later() {
        let mut queue = Queue::default();
        assert_eq!(queue.failed(0, None), Change::None);
        assert_eq!(queue.failed(0, None), Change::None);
        assert_eq!(queue.opens_at(), Some(0));
        assert_eq!(queue.failed(0, None), Change::WentDown);
        for _ in 0..50 {
            assert_eq!(queue.failed(0, None), Change::None);
        }
        assert!(
            queue
                .opens_at()
                .is_some_and(|at| (1..=LONGEST_DOWN_MS).contains(&at))
        );
        queue.started(1);
        assert_eq!(queue.opens_at(), None);
        queue.ended(1);
        assert_eq!(queue.delivered(), Change::Recovered);
        assert_eq!(queue.opens_at(), Some(0));
    }

    #[test]
    fn no_more_than_a_few_requests_are_under_way() {
        let mut queue = Queue::default();
        for number in 0..IN_FLIGHT as u64 {
            assert_eq!(queue.opens_at(), Some(0));
            queue.started(number);
        }
        assert_eq!(queue.opens_at(), None);
        queue.ended(0);
        assert_eq!(queue.opens_at(), Some(0));
        queue.disable();
        assert_eq!(queue.opens_at(), None);
    }
}
