//! What came of a request.

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::{Duration, UNIX_EPOCH};

/// The answer to one notice.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The index of the route.
    pub(crate) route: usize,
    /// The notice's number.
    pub(crate) number: u64,
    pub(crate) verdict: Verdict,
}

/// What it means, by the Standard Webhooks specification: 2xx is success, anything else failure,
/// redirects included; 410 says never again. All failures are retried on one schedule: a 404 or
/// a 401 is as often a deployment under way as a mistake, and giving up too early loses notices.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Delivered,
    Failed {
        why: String,
        retry_after: Option<RetryAfter>,
    },
    Gone,
    /// No request was made: the alert in the outbox cannot be read.
    Unreadable {
        kind: &'static str,
        why: String,
    },
}

/// When the endpoint wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    Seconds(i64),
    /// Ms since the epoch.
    At(i64),
}

impl RetryAfter {
    /// As a moment, ms since the epoch.
    pub(crate) fn moment(self, now: i64) -> i64 {
        match self {
            Self::Seconds(seconds) => now.saturating_add(seconds.saturating_mul(1_000)),
            Self::At(moment) => moment,
        }
    }

    /// Seconds or an HTTP date (RFC 9110, 10.2.3); anything else is as good as nothing.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Seconds(text.parse().unwrap_or(i64::MAX)));
        }
        let since = httpdate::parse_http_date(text)
            .ok()?
            .duration_since(UNIX_EPOCH)
            .ok()?;
        i64::try_from(since.as_millis()).ok().map(Self::At)
    }
}

impl Verdict {
    pub(crate) fn of_response(status: StatusCode, headers: &HeaderMap) -> Self {
        if status.is_success() {
            return Self::Delivered;
        }
        if status == StatusCode::GONE {
            return Self::Gone;
        }
        let asked = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok());
        Self::Failed {
            why: format!("answered {}", status.as_u16()),
            retry_after: asked.and_then(RetryAfter::parse),
        }
    }

    /// Never names the URL: some receivers keep a token there.
    pub(crate) fn of_error(error: reqwest::Error, timeout: Duration) -> Self {
        let error = error.without_url();
        let mut root: &dyn std::error::Error = &error;
        while let Some(source) = root.source() {
            root = source;
        }
        let why = if error.is_timeout() {
            format!("no answer within {}", humantime::format_duration(timeout))
        } else if error.is_connect() {
            format!("could not connect: {root}")
        } else {
            format!("the connection broke: {root}")
        };
        Self::failed(why)
    }

    pub(crate) fn failed(why: String) -> Self {
        Self::Failed {
            why,
            retry_after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(status: u16, retry_after: Option<&str>) -> Verdict {
        let mut headers = HeaderMap::new();
        if let Some(text) = retry_after {
            headers.insert(RETRY_AFTER, text.parse().unwrap());
        }
        Verdict::of_response(StatusCode::from_u16(status).unwrap(), &headers)
    }

    #[test]
    fn only_2xx_is_delivered_and_410_is_gone() {
        for status in [200, 202, 204, 299] {
            assert_eq!(verdict(status, None), Verdict::Delivered);
        }
        assert_eq!(verdict(410, None), Verdict::Gone);
        for status in [301, 307, 400, 401, 404, 408, 425, 429, 500, 503] {
            let why = format!("answered {status}");
            assert_eq!(
                verdict(status, None),
                Verdict::Failed {
                    why,
                    retry_after: None
                }
            );
        }
    }

    #[test]
    fn retry_after_is_read_as_seconds_or_as_a_date() {
        let asked = |text: &str| match verdict(429, Some(text)) {
            Verdict::Failed { retry_after, .. } => retry_after,
            other => panic!("{other:?}"),
        };
        assert_eq!(asked("120"), Some(RetryAfter::Seconds(120)));
        assert_eq!(
            asked("99999999999999999999").map(|after| after.moment(5)),
            Some(i64::MAX)
        );
        let date = asked("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date, Some(RetryAfter::At(784_111_777_000)));
        for text in ["", "-1", "soon", "1.5"] {
            assert_eq!(asked(text), None, "{text}");
        }
    }
}
