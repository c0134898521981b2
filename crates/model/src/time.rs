//! Time as a value. Nothing in this crate, and nothing in the calculus, asks a clock.

use std::fmt;
use std::ops::{Add, Sub};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Timestamp(i64);

/// A length of time in milliseconds; never negative in configuration, may be in arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span(i64);

/// One pane's place in event time: minutes since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Minute(i64);

impl Timestamp {
    /// The earliest representable moment, before every event.
    pub const MIN: Self = Self(i64::MIN / 4);
    /// The latest representable moment, after every event.
    pub const MAX: Self = Self(i64::MAX / 4);

    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From microseconds since the Unix epoch, rounded down.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros.div_euclid(1_000))
    }

    /// From seconds since the Unix epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The pane this moment falls into.
    pub const fn minute(self) -> Minute {
        Minute(self.0.div_euclid(60_000))
    }
}

/// RFC 3339 in UTC with milliseconds.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Timestamp {
    type Output = Span;
    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Span {
    /// From milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds * 1_000)
    }

    /// From minutes.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes * 60_000)
    }

    /// From hours.
    pub const fn from_hours(hours: i64) -> Self {
        Self(hours * 3_600_000)
    }

    /// From days of 24 hours.
    pub const fn from_days(days: i64) -> Self {
        Self(days * 86_400_000)
    }

    /// The length in milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The length in seconds, with fractions.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// The length in whole minutes, rounded down.
    pub const fn minutes(self) -> i64 {
        self.0.div_euclid(60_000)
    }
}

impl Minute {
    /// From minutes since the Unix epoch.
    pub const fn new(minutes: i64) -> Self {
        Self(minutes)
    }

    /// Minutes since the Unix epoch.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// The pane's first moment.
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0 * 60_000)
    }

    /// The first moment after the pane.
    pub const fn end(self) -> Timestamp {
        Timestamp((self.0 + 1) * 60_000)
    }

    /// The pane `minutes` later (earlier if negative).
    pub const fn plus(self, minutes: i64) -> Self {
        Self(self.0 + minutes)
    }

    /// The hour of the week, 0..168, Monday 00:00 UTC being 0.
    pub const fn hour_of_week(self) -> usize {
        // 1970-01-01 was a Thursday: three days after Monday.
        (self.0.div_euclid(60) + 3 * 24).rem_euclid(168) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_before_1970_still_falls_into_the_pane_that_holds_it() {
        let moment = Timestamp::from_millis(-1);
        let pane = moment.minute();
        assert_eq!(pane, Minute::new(-1));
        assert!(pane.start() <= moment && moment < pane.end());
    }

    #[test]
    fn the_hour_of_the_week_starts_on_monday_midnight_utc() {
        // 2024-01-01 was a Monday.
        let monday: jiff::Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
        let minute = Timestamp::from_millis(monday.as_millisecond()).minute();
        assert_eq!(minute.hour_of_week(), 0);
        assert_eq!(minute.plus(-1).hour_of_week(), 167);
        assert_eq!(minute.plus(25 * 60).hour_of_week(), 25);
    }

    #[test]
    fn a_moment_prints_as_rfc_3339() {
        assert_eq!(
            Timestamp::from_millis(0).to_string(),
            "1970-01-01T00:00:00.000Z"
        );
    }
}
