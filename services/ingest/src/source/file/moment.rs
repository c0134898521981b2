//! Moments as people and programs write them.

use super::config::TimeConfig;
use jiff::civil::DateTime;
use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;

/// Reads the times of one file.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    format: Option<String>,
    zone: TimeZone,
}

impl Clock {
    /// A clock for this configuration, or what is wrong with it.
    pub(super) fn new(config: &TimeConfig) -> Result<Self, String> {
        let zone = match config.zone.as_deref() {
            None | Some("UTC") => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| {
                format!("time.zone {name:?} is not a known IANA zone such as \"Europe/Berlin\"")
            })?,
        };
        Ok(Self {
            format: config.format.clone(),
            zone,
        })
    }

    /// Microseconds since the epoch, or `None` when the text is no time of this clock's form.
    pub(super) fn read(&self, text: &str) -> Option<i64> {
        match &self.format {
            Some(format) => self.read_as(format, text.trim()),
            None => micros_of(text, &self.zone),
        }
    }

    fn read_as(&self, format: &str, text: &str) -> Option<i64> {
        let parts = BrokenDownTime::parse(format, text).ok()?;
        if parts.offset().is_some() || parts.timestamp().is_some() {
            return parts
                .to_timestamp()
                .ok()
                .map(|moment| moment.as_microsecond());
        }
        let date = parts.to_date().ok()?;
        let written = match parts.hour() {
            Some(_) => parts.to_datetime().ok()?,
            None => date.at(0, 0, 0, 0),
        };
        in_zone(written, &self.zone)
    }

    /// How the clock wants times written, for messages.
    pub(super) fn expects(&self) -> String {
        match &self.format {
            Some(format) => format!("{format:?}"),
            None => "RFC 3339 or seconds since 1970".to_owned(),
        }
    }
}

/// Microseconds since the epoch of a time written as RFC 3339, as ISO 8601 without an offset (in
/// `zone`), or as a number since the epoch (see [`micros_of_number`]).
pub(in crate::source) fn micros_of(text: &str, zone: &TimeZone) -> Option<i64> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Some(moment.as_microsecond());
    }
    if text
        .bytes()
        .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+'))
    {
        if let Ok(whole) = text.parse::<i64>() {
            // The integer path keeps every digit of a microsecond.
            return micros_of_integer(whole);
        }
        if let Ok(number) = text.parse::<f64>() {
            return micros_of_number(number);
        }
    }
    in_zone(text.parse::<DateTime>().ok()?, zone)
}

/// Microseconds since the epoch of a number, its unit taken from its size: below 10¹¹ seconds
/// (until the year 5138), below 10¹⁴ milliseconds, below 10¹⁷ microseconds.
pub(in crate::source) fn micros_of_number(number: f64) -> Option<i64> {
    let micros = match number.abs() {
        size if size < 1e11 => number * 1e6,
        size if size < 1e14 => number * 1e3,
        size if size < 1e17 => number,
        _ => return None,
    };
    Some(micros.round() as i64)
}

/// [`micros_of_number`] without rounding.
pub(in crate::source) fn micros_of_integer(number: i64) -> Option<i64> {
    match number.unsigned_abs() {
        size if size < 100_000_000_000 => Some(number * 1_000_000),
        size if size < 100_000_000_000_000 => Some(number * 1_000),
        size if size < 100_000_000_000_000_000 => Some(number),
        _ => None,
    }
}

/// A time of day that a clock change skips or repeats is read as jiff's "compatible" does: the
/// later one in a gap, the earlier one in a fold.
fn in_zone(written: DateTime, zone: &TimeZone) -> Option<i64> {
    let zoned = written.to_zoned(zone.clone()).ok()?;
    Some(zoned.timestamp().as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(format: Option<&str>, zone: Option<&str>) -> Clock {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        Clock::new(&TimeConfig {
            format: owned(format),
            zone: owned(zone),
        })
        .unwrap()
    }

    #[test]
    fn every_common_form_of_one_moment_reads_as_the_same_moment() {
        let clock = clock(None, None);
        for text in [
            "2026-07-04T14:38:08Z",
            "2026-07-04T14:38:08+00:00",
            "2026-07-04T16:38:08+0200",
            "2026-07-04T14:38:08.000000000Z",
            "2026-07-04 14:38:08",
            "2026-07-04T14:38:08",
            "1783175888",
            "1783175888.0",
            "1783175888000",
            "1783175888000000",
            "  1783175888 ",
        ] {
            assert_eq!(clock.read(text), Some(1_783_175_888_000_000), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "NaN",
            "1e99",
            "-",
            "99999999999999999999",
        ] {
            assert_eq!(clock(None, None).read(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_format_without_offset_is_read_in_the_configured_zone() {
        let clock = clock(Some("%d.%m.%Y %H:%M"), Some("Europe/Berlin"));
        assert_eq!(clock.read("24.02.2015 11:35"), Some(1_424_774_100_000_000));
        assert_eq!(
            clock.read("02/24/2015 11:35"),
            None,
            "another order of day and month"
        );
    }

    #[test]
    fn a_date_alone_is_its_midnight() {
        assert_eq!(
            clock(Some("%m/%d/%Y"), None).read("01/02/1970"),
            Some(86_400_000_000)
        );
    }

    #[test]
    fn an_offset_in_the_text_wins_over_the_zone() {
        let clock = clock(Some("%Y-%m-%d %H:%M:%S %z"), Some("Asia/Tokyo"));
        assert_eq!(clock.read("1970-01-01 01:00:00 +0100"), Some(0));
    }

    #[test]
    fn an_unknown_zone_is_named() {
        let config = TimeConfig {
            format: None,
            zone: Some("Mars/Olympus".into()),
        };
        assert!(Clock::new(&config).unwrap_err().contains("Mars/Olympus"));
    }
}
