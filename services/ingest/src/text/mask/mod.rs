//! Takes personal data out of a text before anything is written.
//!
//! | kind | recognised by | not recognised |
//! |---|---|---|
//! | e-mail | `name@host.tld` | "name at host dot com" |
//! | card | 13 to 19 digits in any grouping, an issuer's prefix and length, Luhn's check digit | digits in a URL |
//! | IBAN | country, length, structure and check digits | one with a typing error |
//! | IP | IPv4 and IPv6 addresses, also as a URL's host | `1.2.3.4` and the like, where a version is as likely |
//! | phone | see [`phone`] | national numbers without a leading 0, a telling shape or word |
//!
//! In doubt a number that may be a card is masked, and one that may be a phone number is not:
//! order numbers are what people write most, and an agent needs them.
//!
//! Masking what was masked changes nothing: it is repeated until there is nothing left to do.

mod card;
mod context;
mod digits;
mod email;
mod iban;
mod ip;
mod phone;
mod phone_words;

use hark_model::{PersonalData, Redaction};
use std::ops::Range;

/// A text without personal data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Masked {
    /// The text with `[email]`, `[phone]`, `[card]`, `[iban]` or `[ip]` in place of each.
    pub text: String,
    /// What was masked, each kind once, in the order of [`PersonalData::ALL`].
    pub redactions: Vec<Redaction>,
}

/// A piece of personal data and where it is, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Finding {
    kind: PersonalData,
    span: Range<usize>,
}

/// Masks the personal data in `text`.
pub fn mask(text: &str) -> Masked {
    let mut counts = [0_u32; PersonalData::ALL.len()];
    let mut masked = text.to_owned();
    loop {
        let findings = find(&masked);
        if findings.is_empty() {
            break;
        }
        // What follows a mask may read differently from what followed a number, hence the loop.
        // It ends: every turn leaves fewer digits and `@`.
        masked = replace(&masked, &findings);
        for finding in findings {
            counts[finding.kind as usize] += 1;
        }
    }
    let redactions = PersonalData::ALL
        .into_iter()
        .zip(counts)
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| Redaction { kind, count })
        .collect();
    Masked {
        text: masked,
        redactions,
    }
}

/// What is in the text, in order, none overlapping another.
fn find(text: &str) -> Vec<Finding> {
    let signs = Signs::of(text);
    let mut findings = Vec::new();
    if signs.at {
        email::find(text, &mut findings);
    }
    if signs.digits >= iban::LEAST_DIGITS {
        iban::find(text, &mut findings);
    }
    if signs.digits >= phone::LEAST_DIGITS {
        let runs = digits::runs(text);
        card::find(text, &runs, &mut findings);
        phone::find(text, &runs, &mut findings);
    }
    if signs.digits >= 4 && signs.dots >= 3 || signs.digits >= 1 && signs.colons >= 2 {
        ip::find(text, &mut findings);
    }
    settle(findings)
}

/// Where findings overlap, the one that was sought first is the surer one.
fn settle(found: Vec<Finding>) -> Vec<Finding> {
    if found.len() < 2 {
        return found;
    }
    let mut settled: Vec<Finding> = Vec::with_capacity(found.len());
    for finding in found {
        let at = settled.partition_point(|kept| kept.span.end <= finding.span.start);
        if settled
            .get(at)
            .is_none_or(|kept| finding.span.end <= kept.span.start)
        {
            settled.insert(at, finding);
        }
    }
    settled
}

fn replace(text: &str, findings: &[Finding]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut from = 0;
    for Finding { kind, span } in findings {
        masked.push_str(&text[from..span.start]);
        masked.push('[');
        masked.push_str(kind.as_str());
        masked.push(']');
        from = span.end;
    }
    masked.push_str(&text[from..]);
    masked
}

/// What a glance at the bytes says about what may be in a text.
struct Signs {
    at: bool,
    digits: usize,
    dots: usize,
    colons: usize,
}

impl Signs {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let count = |wanted: fn(u8) -> bool| bytes.iter().filter(|byte| wanted(**byte)).count();
        // Full-width digits and `＠` all begin with this byte; it is rare elsewhere.
        let wide = bytes.contains(&0xef);
        let digits = count(|byte| byte.is_ascii_digit());
        Self {
            at: bytes.contains(&b'@') || wide && text.contains('＠'),
            digits: if wide {
                digits + text.chars().filter(|c| ('０'..='９').contains(c)).count()
            } else {
                digits
            },
            dots: count(|byte| byte == b'.'),
            colons: count(|byte| byte == b':'),
        }
    }
}
