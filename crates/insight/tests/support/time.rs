//! Virtual time. Day 0 is a Monday.

use hark_model::{Span, Timestamp};

/// 2024-01-01T00:00:00Z, a Monday.
const MONDAY: i64 = 1_704_067_200;

/// A moment written `10:05`, `10:05:30`, or on a later day `2 10:05`.
pub(crate) fn at(text: &str) -> Timestamp {
    let (day, clock) = text.split_once(' ').unwrap_or(("0", text));
    let parts: Vec<i64> = clock.split(':').map(|part| part.parse().unwrap()).collect();
    let seconds = parts[0] * 3_600 + parts[1] * 60 + parts.get(2).unwrap_or(&0);
    Timestamp::from_seconds(MONDAY + day.parse::<i64>().unwrap() * 86_400 + seconds)
}

pub(crate) fn minutes(minutes: i64) -> Span {
    Span::from_minutes(minutes)
}
