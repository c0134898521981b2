//! Internet addresses.

use super::Finding;
use super::context::{before, words_before};
use hark_model::PersonalData;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// The longest IPv6 address in text, in bytes.
const LONGEST: usize = 45;

/// Finds IPv4 and IPv6 addresses.
pub(super) fn find(text: &str, findings: &mut Vec<Finding>) {
    for token in tokens(text) {
        let written = &text[token.clone()];
        let found = if written.contains(':') {
            v6(text, token.clone()).or_else(|| v4_with_port(text, &token))
        } else {
            v4(text, token)
        };
        if let Some(span) = found {
            findings.push(Finding {
                kind: PersonalData::IpAddress,
                span,
            });
        }
    }
}

/// Stretches of what addresses are written with, without dots and colons at their ends.
fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let in_address = |byte: u8| byte.is_ascii_hexdigit() || byte == b'.' || byte == b':';
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && in_address(bytes[at]) {
                at += 1;
            }
            let end = at;
            at += 1;
            let glued =
                start > 0 && (bytes[start - 1].is_ascii_alphanumeric() || bytes[start - 1] == b'_');
            // "v1.2.3.4" and "word:1" are cut at their letters; both begin inside a word.
            let glued_end = bytes
                .get(end)
                .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
            if end - start >= 3 && !glued && !glued_end {
                return Some(start..end);
            }
        }
        None
    })
}

fn v4_with_port(text: &str, token: &Range<usize>) -> Option<Range<usize>> {
    let colon = text[token.clone()].find(':')?;
    v4(text, token.start..token.start + colon)
}

fn v4(text: &str, token: Range<usize>) -> Option<Range<usize>> {
    let written = text[token.clone()].trim_end_matches('.');
    written.parse::<Ipv4Addr>().ok()?;
    let token = token.start..token.start + written.len();
    if text[..token.start].ends_with("//") || text[..token.start].ends_with('@') {
        return Some(token);
    }
    if matches!(before(text, token.start), Some('#' | '-' | '/')) {
        return None;
    }
    let [nearest, second] = words_before(text, token.start);
    let names_version = |word: &str| {
        const VERSIONS: [&str; 18] = [
            "v", "ver", "version", "versión", "versione", "versão", "release", "build", "firmware",
            "fw", "update", "patch", "software", "app", "ios", "android", "chrome", "section",
        ];
        VERSIONS.contains(&word)
    };
    let names_address = |word: &str| {
        matches!(
            word,
            "ip" | "ipv" | "address" | "server" | "host" | "adresse"
        )
    };
    if names_address(&nearest) || names_address(&second) {
        return Some(token);
    }
    // Addresses with hardly a digit more than four are rare, and versions are nearly all so.
    let digits = written.len() - 3;
    (digits > 5 && !names_version(&nearest) && !names_version(&second)).then_some(token)
}

fn v6(text: &str, token: Range<usize>) -> Option<Range<usize>> {
    let written = text[token.clone()].trim_end_matches('.');
    let written = match written.strip_suffix(':') {
        Some(cut) if !cut.ends_with(':') => cut,
        _ => written,
    };
    if written.len() > LONGEST || written.matches(':').count() < 2 {
        return None;
    }
    written.parse::<Ipv6Addr>().ok()?;
    // `add::bed` is code: an address has a first group of some length with a digit in it.
    let first = written.split(':').next().unwrap_or_default();
    let is_number = |group: &str| group.bytes().any(|byte| byte.is_ascii_digit());
    let telling =
        (first.len() >= 3 && is_number(first)) || (!written.contains("::") && is_number(written));
    telling.then_some(token.start..token.start + written.len())
}
