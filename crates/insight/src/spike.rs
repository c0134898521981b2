//! When negative mentions are too many to be chance.
//!
//! Expected is the mean of this hour of the week × the recent level; the count is held against a
//! negative-binomial distribution, because mentions come in bursts and a Poisson tail would cry
//! wolf. What is being judged is not part of what it is judged by: minutes enter the baseline
//! once they have left the window, and not at all while an alert fires.

use crate::config::SpikeRule;
use hark_model::{Minute, Span};
use serde::{Deserialize, Serialize};
use statrs::function::beta::beta_reg;
use std::collections::VecDeque;

/// Hours in a week.
const HOURS: usize = 168;
/// How much of an hour of the week's history is kept at each return to it.
const WEEKLY_DECAY: f64 = 0.75;
/// Hours of the wider mean that every hour of the week, and of the day, starts with.
const SEASON_PRIOR_HOURS: f64 = 2.0;
/// The stretch over which the recent level is measured.
const LEVEL: Span = Span::from_hours(24);
/// Mentions that pull the recent level towards 1.
const LEVEL_PRIOR: f64 = 5.0;
/// Bounds of the recent level.
const LEVEL_BOUNDS: (f64, f64) = (0.25, 4.0);
/// Burstiness before there is data: the variance of a count is μ + μ²·this.
const DISPERSION_PRIOR: f64 = 0.25;
/// How many windows' worth of data the prior burstiness weighs.
const DISPERSION_PRIOR_WEIGHT: f64 = 20.0;
/// Blocks over which burstiness is remembered: a week of quarters of an hour.
const DISPERSION_MEMORY: f64 = 7.0 * 96.0;
/// History before the first block that says anything of burstiness: a mean of less is itself a
/// guess, and what misses a guess would pass for bursts.
const DISPERSION_AFTER: Span = Span::from_hours(2);
/// A baseline that stayed frozen for so long learns again: the incident has become usual.
const LONGEST_FREEZE: Span = Span::from_hours(24);

/// One brand's history of negative mentions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    /// The minute up to which (inclusive) panes are closed; `None` before the first.
    closed: Option<i64>,
    /// Negative mentions and observed minutes of each hour of the week, decayed.
    hours: Vec<(f64, f64)>,
    /// The sums of both over all hours.
    totals: (f64, f64),
    /// Minutes in the window, oldest first: (minute, negatives). Only those with any.
    window: VecDeque<(i64, u32)>,
    /// Minutes after the closed ones, still open: (minute, negatives).
    open: VecDeque<(i64, u32)>,
    /// The recent level's negatives and what was expected of them, decayed over a day.
    level: (f64, f64),
    /// Moments of the dispersion: Σ((x−μ)²−μ) and Σμ² over blocks, decayed.
    dispersion: (f64, f64),
    /// The block of minutes under way, as long as a window: what was expected of it before it
    /// began, the negatives in it so far, and its minutes so far.
    block: (f64, u32, i64),
    /// Minutes learnt from, undecayed.
    history: i64,
    /// Frozen since this minute.
    frozen: Option<i64>,
    /// Minutes before this one were not listened to: they teach nothing.
    heard_since: i64,
}

/// What the window looks like once a minute has closed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Judgement {
    /// The minute that closed.
    pub(crate) minute: Minute,
    /// Negative mentions in the window.
    pub(crate) observed: u32,
    /// Of these, negative mentions in the minute that closed.
    pub(crate) fresh: u32,
    /// Negative mentions to be expected.
    pub(crate) expected: f64,
    /// Probability of at least so many by chance.
    pub(crate) p_value: f64,
    /// Whether there is enough history to believe it.
    pub(crate) known: bool,
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            closed: None,
            hours: vec![(0.0, 0.0); HOURS],
            totals: (0.0, 0.0),
            window: VecDeque::new(),
            open: VecDeque::new(),
            level: (0.0, 0.0),
            dispersion: (0.0, 0.0),
            block: (0.0, 0, 0),
            history: 0,
            frozen: None,
            heard_since: 0,
        }
    }
}

impl Baseline {
    /// Counts (or with −1 uncounts) a negative mention: in the minutes still open, or in the
    /// window, for sources that are polled tell of the past few minutes. A minute that has left
    /// the window is history and stays as it was.
    pub(crate) fn count(&mut self, minute: Minute, by: i32, rule: &SpikeRule) {
        let (minute, Some(closed)) = (minute.get(), self.closed) else {
            return;
        };
        if minute <= closed - length(rule) {
            return;
        }
        let minutes = if minute <= closed {
            &mut self.window
        } else {
            &mut self.open
        };
        match minutes.binary_search_by_key(&minute, |(known, _)| *known) {
            Ok(place) => minutes[place].1 = minutes[place].1.saturating_add_signed(by),
            Err(place) if by > 0 => minutes.insert(place, (minute, by as u32)),
            Err(_) => {}
        }
    }

    /// The minute after the closed ones; `None` before the first mention.
    pub(crate) fn next_open(&self) -> Option<Minute> {
        self.closed.map(|closed| Minute::new(closed + 1))
    }

    /// Begins at a minute: what came before it was not listened to.
    /// Returns whether it began.
    pub(crate) fn begin(&mut self, first: Minute) -> bool {
        let begins = self.closed.is_none();
        if begins {
            self.closed = Some(first.get() - 1);
            self.heard_since = first.get();
        }
        begins
    }

    /// Jumps over a long silence without learning that it was silent.
    pub(crate) fn skip_to(&mut self, minute: Minute) {
        if self.closed.is_some_and(|closed| closed + 1 < minute.get()) {
            self.closed = Some(minute.get() - 1);
            self.heard_since = minute.get();
            self.window.clear();
            self.open.retain(|(open, _)| *open >= minute.get());
        }
    }

    /// Closes the next minute and judges the window that ends with it.
    pub(crate) fn close(&mut self, rule: &SpikeRule) -> Option<Judgement> {
        let minute = self.closed? + 1;
        self.closed = Some(minute);
        let mut fresh = 0;
        while let Some((open, count)) = self.open.pop_front_if(|(open, _)| *open <= minute) {
            self.window.push_back((open, count));
            fresh += count;
        }
        let length = length(rule);
        self.learn(minute - length, length);
        let observed: u32 = self.window.iter().map(|(_, count)| count).sum();
        let expected = self.expected(minute, length);
        Some(Judgement {
            minute: Minute::new(minute),
            observed,
            fresh,
            expected,
            p_value: negative_binomial_tail(observed, expected, self.burstiness()),
            known: self.history >= rule.min_history.minutes(),
        })
    }

    /// While frozen, nothing is learnt.
    pub(crate) fn freeze(&mut self, frozen: bool) {
        self.frozen = match (frozen, self.frozen) {
            (false, _) => None,
            (true, Some(since)) => Some(since),
            (true, None) => self.closed,
        };
    }

    /// Lets the minute that leaves the window into the history.
    fn learn(&mut self, leaving: i64, length: i64) {
        let mut count = 0;
        while let Some((_, left)) = self.window.pop_front_if(|(minute, _)| *minute <= leaving) {
            count += left;
        }
        let frozen = self
            .frozen
            .is_some_and(|since| leaving - since < LONGEST_FREEZE.minutes());
        if frozen || leaving < self.heard_since {
            return;
        }
        self.learn_dispersion(leaving, count, length);
        let rate = self.rate(leaving);
        let hour = &mut self.hours[Minute::new(leaving).hour_of_week()];
        let before = *hour;
        if leaving.rem_euclid(60) == 0 {
            *hour = (hour.0 * WEEKLY_DECAY, hour.1 * WEEKLY_DECAY);
        }
        *hour = (hour.0 + f64::from(count), hour.1 + 1.0);
        let learnt = (hour.0 - before.0, hour.1 - before.1);
        self.totals = (self.totals.0 + learnt.0, self.totals.1 + learnt.1);
        let kept = (-1.0 / LEVEL.minutes() as f64).exp();
        self.level = (
            self.level.0 * kept + f64::from(count),
            self.level.1 * kept + rate,
        );
        self.history += 1;
    }

    /// Holds a block of minutes against what was expected of it, as a window is judged; but only
    /// once it has left the window, or an incident would excuse itself.
    fn learn_dispersion(&mut self, leaving: i64, count: u32, length: i64) {
        let place = leaving.rem_euclid(length);
        if place == 0 {
            self.block = (self.expected(leaving + length - 1, length), 0, 0);
        }
        let (mean, seen, minutes) = self.block;
        self.block = (mean, seen + count, minutes + 1);
        let history_before = self.history - (length - 1);
        if place == length - 1
            && self.block.2 == length
            && history_before >= DISPERSION_AFTER.minutes()
        {
            let kept = 1.0 - 1.0 / DISPERSION_MEMORY;
            self.dispersion = (
                self.dispersion.0 * kept + (f64::from(self.block.1) - mean).powi(2) - mean,
                self.dispersion.1 * kept + mean * mean,
            );
        }
    }

    /// Negative mentions a minute at this hour of the week, drawn towards this hour of all days
    /// where the hour is little known, and that towards the overall mean: without the step
    /// between, the first week's nights and days would pass for bursts. Half a mention in half
    /// an hour stands for the unseen.
    fn rate(&self, minute: i64) -> f64 {
        let (mentions, minutes) = self.totals;
        let overall = (mentions + 0.5) / (minutes + 30.0);
        let hour_of_week = Minute::new(minute).hour_of_week();
        let days = self.hours.iter().skip(hour_of_week % 24).step_by(24);
        let hour_of_day = days.fold((0.0, 0.0), |sum, hour| (sum.0 + hour.0, sum.1 + hour.1));
        let daily = drawn(hour_of_day, overall);
        drawn(self.hours[hour_of_week], daily)
    }

    fn recent_level(&self) -> f64 {
        let level = (self.level.0 + LEVEL_PRIOR) / (self.level.1 + LEVEL_PRIOR);
        level.clamp(LEVEL_BOUNDS.0, LEVEL_BOUNDS.1)
    }

    /// Expected negatives in the `length` minutes that end with `minute`.
    fn expected(&self, minute: i64, length: i64) -> f64 {
        // A window touches at most a few hours: one rate for each, weighted by its minutes.
        let (mut sum, mut at) = (0.0, minute - length + 1);
        while at <= minute {
            let end = ((at.div_euclid(60) + 1) * 60).min(minute + 1);
            sum += self.rate(at) * (end - at) as f64;
            at = end;
        }
        sum * self.recent_level()
    }

    /// 1/size of the negative binomial: burstiness seen, plus what is not known of the mean
    /// itself after so few mentions (the gamma posterior's share).
    fn burstiness(&self) -> f64 {
        let (mentions, _) = self.totals;
        let prior = DISPERSION_PRIOR_WEIGHT * self.dispersion.1.max(1.0)
            / (self.dispersion.1.max(1.0) + DISPERSION_PRIOR_WEIGHT);
        let seen = (self.dispersion.0 + prior * DISPERSION_PRIOR) / (self.dispersion.1 + prior);
        seen.max(0.02) + 1.0 / (mentions + 0.5)
    }
}

/// Mentions a minute, drawn towards a mean by some hours of it.
fn drawn((mentions, minutes): (f64, f64), mean: f64) -> f64 {
    let prior = SEASON_PRIOR_HOURS * 60.0;
    (mentions + prior * mean) / (minutes + prior)
}

/// The window in minutes.
fn length(rule: &SpikeRule) -> i64 {
    rule.window.minutes().max(1)
}

/// P(X ≥ `observed`) of a negative binomial with this mean and variance mean + mean²·burstiness.
///
/// With size r = 1/burstiness and success probability r/(r+mean), the upper tail at k is the
/// regularised incomplete beta function I₁₋ₚ(k, r) (NIST DLMF §8.17; Abramowitz & Stegun 26.5.24).
pub fn negative_binomial_tail(observed: u32, mean: f64, burstiness: f64) -> f64 {
    if observed == 0 {
        return 1.0;
    }
    if mean <= 0.0 {
        return 0.0;
    }
    let size = 1.0 / burstiness.max(1e-9);
    beta_reg(f64::from(observed), size, mean / (size + mean))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// P(X ≥ k) by summing the probabilities one by one.
    fn naive_tail(observed: u32, mean: f64, burstiness: f64) -> f64 {
        let size = 1.0 / burstiness;
        let p = size / (size + mean);
        let mut probability = p.powf(size);
        let mut below = 0.0;
        for k in 0..observed {
            below += probability;
            probability *= (size + f64::from(k)) / (f64::from(k) + 1.0) * (1.0 - p);
        }
        1.0 - below
    }

    #[test]
    fn the_tail_agrees_with_the_sum_of_probabilities() {
        for (observed, mean, burstiness) in [
            (1, 0.5, 0.3),
            (5, 2.0, 0.25),
            (12, 3.0, 1.0),
            (3, 10.0, 0.05),
            (40, 20.0, 0.1),
        ] {
            let (tail, naive) = (
                negative_binomial_tail(observed, mean, burstiness),
                naive_tail(observed, mean, burstiness),
            );
            assert!(
                (tail - naive).abs() < 1e-9,
                "{observed} {mean} {burstiness}: {tail} {naive}"
            );
        }
        assert_eq!(negative_binomial_tail(0, 1.0, 0.1), 1.0);
    }

    fn day_of(per_minute: impl Fn(i64) -> u32, minutes: i64) -> (Baseline, Vec<Judgement>) {
        let rule = SpikeRule::default();
        let mut baseline = Baseline::default();
        baseline.begin(Minute::new(0));
        let mut judged = Vec::new();
        for minute in 0..minutes {
            for _ in 0..per_minute(minute) {
                baseline.count(Minute::new(minute), 1, &rule);
            }
            judged.extend(baseline.close(&rule));
        }
        (baseline, judged)
    }

    #[test]
    fn a_steady_trickle_never_looks_like_a_spike() {
        let (_, judged) = day_of(|minute| u32::from(minute % 4 == 0), 3 * 24 * 60);
        let least = judged
            .iter()
            .filter(|j| j.known)
            .map(|j| j.p_value)
            .fold(1.0, f64::min);
        assert!(least > 1e-3, "{least}");
        let last = judged.last().unwrap();
        assert!((last.expected - 3.75).abs() < 0.5, "{last:?}");
    }

    #[test]
    fn ten_times_the_usual_is_a_spike_within_minutes() {
        let (_, judged) = day_of(
            |minute| u32::from(minute % 4 == 0) + 3 * u32::from(minute >= 600),
            640,
        );
        let first = judged
            .iter()
            .find(|j| j.known && j.p_value < 1e-4 && j.observed >= 5)
            .unwrap();
        assert!((600..606).contains(&first.minute.get()), "{first:?}");
    }

    #[test]
    fn an_incident_after_half_an_hour_is_found_at_whatever_minute_hark_began() {
        let rule = SpikeRule::default();
        for first in 0..60 {
            let mut baseline = Baseline::default();
            baseline.begin(Minute::new(first));
            let mut found = None;
            for minute in first..first + 50 {
                let usual = u32::from(minute % 3 == 0);
                let incident = 3 * u32::from(minute >= first + 32);
                for _ in 0..usual + incident {
                    baseline.count(Minute::new(minute), 1, &rule);
                }
                let judged = baseline.close(&rule).unwrap();
                if judged.known && judged.p_value < 1e-4 {
                    found.get_or_insert(minute - first - 32);
                }
            }
            assert!(
                found.is_some_and(|late| (0..12).contains(&late)),
                "begun at minute {first}: {found:?}"
            );
        }
    }

    #[test]
    fn a_busy_hour_that_returns_every_week_is_expected() {
        let busy = |minute: i64| {
            let busy = (minute / 60) % 168 == 40;
            if busy { 3 } else { u32::from(minute % 10 == 0) }
        };
        let (_, judged) = day_of(busy, 6 * 168 * 60);
        let least = |week: i64| {
            let hour = (week * 168 + 40) * 60..(week * 168 + 41) * 60;
            let inside = judged.iter().filter(|j| hour.contains(&j.minute.get()));
            inside.map(|j| j.p_value).fold(1.0, f64::min)
        };
        assert!(least(0) < 1e-4, "the first time it is news: {}", least(0));
        assert!(least(5) > 1e-3, "the sixth time it is not: {}", least(5));
    }

    #[test]
    fn a_frozen_baseline_learns_nothing() {
        let rule = SpikeRule::default();
        let (mut baseline, _) = day_of(|minute| u32::from(minute % 4 == 0), 600);
        let before = baseline.rate(700);
        baseline.freeze(true);
        for minute in 600..700 {
            (0..20).for_each(|_| baseline.count(Minute::new(minute), 1, &rule));
            baseline.close(&rule);
        }
        // Minutes that were in the window when the freeze began may still not enter.
        assert!((baseline.rate(700) - before).abs() < 0.01);
    }

    #[test]
    fn a_retraction_inside_the_window_takes_the_mention_out() {
        let rule = SpikeRule::default();
        let (mut baseline, _) = day_of(|_| 1, 100);
        let before = baseline.close(&rule).unwrap().observed;
        baseline.count(Minute::new(95), -1, &rule);
        baseline.count(Minute::new(3), -1, &rule);
        let after = baseline.close(&rule).unwrap().observed;
        // One retracted, one left the window as minutes 100 and 101 stayed silent.
        assert_eq!(after + 2, before);
    }
}
