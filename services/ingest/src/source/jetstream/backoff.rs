//! How long to wait before the next attempt.

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use std::time::Duration;

/// Full jitter: each pause is drawn evenly between nothing and a bound that doubles, so that the
/// clients of a service that comes back do not come back all at once.
#[derive(Debug)]
pub(super) struct Backoff {
    first: Duration,
    longest: Duration,
    bounds: ExponentialBackoff,
    drawn: ExponentialBackoff,
}

impl Backoff {
    /// Bounds from `first` on, doubling up to `longest`.
    pub(super) fn new(first: Duration, longest: Duration) -> Self {
        let (bounds, drawn) = series(first, longest);
        Self {
            first,
            longest,
            bounds,
            drawn,
        }
    }

    /// Begins anew after a success.
    pub(super) fn reset(&mut self) {
        (self.bounds, self.drawn) = series(self.first, self.longest);
    }

    /// The next pause.
    pub(super) fn pause(&mut self) -> Duration {
        let bound = self.bounds.next().unwrap_or(self.longest);
        // backon's jitter adds an even draw from 0..bound to the bound: without the bound it is
        // the pause.
        self.drawn
            .next()
            .map_or(bound, |drawn| drawn.saturating_sub(bound))
    }
}

fn series(first: Duration, longest: Duration) -> (ExponentialBackoff, ExponentialBackoff) {
    let bounds = ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(longest)
        .with_factor(2.0)
        .without_max_times();
    (bounds.build(), bounds.with_jitter().build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_below_a_bound_that_doubles_up_to_the_longest() {
        let (first, longest) = (Duration::from_secs(1), Duration::from_secs(60));
        let mut largest = [Duration::ZERO; 10];
        let mut smallest = [longest; 10];
        for _ in 0..300 {
            let mut backoff = Backoff::new(first, longest);
            for n in 0..10 {
                let pause = backoff.pause();
                largest[n] = largest[n].max(pause);
                smallest[n] = smallest[n].min(pause);
            }
        }
        for n in 0..10 {
            let bound = (first * (1 << n)).min(longest);
            // Of 300 even draws, one lies in each outer quarter but for a chance of 10⁻³⁷.
            assert!(
                largest[n] <= bound && largest[n] > bound * 3 / 4,
                "{n}: {:?}",
                largest[n]
            );
            assert!(smallest[n] < bound / 4, "{n}: {:?}", smallest[n]);
        }
    }

    #[test]
    fn a_success_begins_anew() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(60));
        for _ in 0..10 {
            backoff.pause();
        }
        backoff.reset();
        assert!(backoff.pause() <= Duration::from_secs(1));
    }
}
