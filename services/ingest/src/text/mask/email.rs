//! E-mail addresses.

use super::Finding;
use hark_model::PersonalData;

/// RFC 5321, 4.5.3.1: octets before the `@` and in the domain.
const LONGEST_NAME: usize = 64;
const LONGEST_DOMAIN: usize = 255;

/// Finds `name@host.tld`. A handle with its server, `@name@host.tld`, is public and stays.
pub(super) fn find(text: &str, findings: &mut Vec<Finding>) {
    for (at, sign) in text.match_indices(['@', '＠']) {
        let Some(start) = name_start(text, at) else {
            continue;
        };
        let Some(end) = domain_end(text, at + sign.len()) else {
            continue;
        };
        findings.push(Finding {
            kind: PersonalData::Email,
            span: start..end,
        });
    }
}

/// Letters of scripts with spaces; a Chinese sentence may run right up to an address.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c < '\u{e00}' && c.is_alphanumeric())
}

fn name_start(text: &str, at: usize) -> Option<usize> {
    let in_name =
        |c: char| is_letter(c) || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'' | '=' | '~');
    let from = text.floor_char_boundary(at.saturating_sub(LONGEST_NAME));
    let name = &text[from..at];
    let name = &name[name.rfind(|c| !in_name(c)).map_or(0, |other| {
        other + name[other..].chars().next().map_or(0, char::len_utf8)
    })..];
    let name = name.trim_start_matches(|c| !is_letter(c) && !matches!(c, '_' | '+'));
    if name.is_empty() {
        return None;
    }
    let start = at - name.len();
    let mut before = text[..start].chars().rev();
    let is_handle = before.next().is_some_and(|c| matches!(c, '@' | '＠'))
        && !before.next().is_some_and(is_letter);
    (!is_handle).then_some(start)
}

fn domain_end(text: &str, start: usize) -> Option<usize> {
    let in_domain = |c: char| is_letter(c) || matches!(c, '.' | '-');
    let to = text.floor_char_boundary(text.len().min(start + LONGEST_DOMAIN));
    let rest = &text[start..to];
    let mut domain = &rest[..rest.find(|c| !in_domain(c)).unwrap_or(rest.len())];
    // Sentences go on behind an address: "write to a@b.example. Thanks", "a@b.example.2 days ago".
    loop {
        domain = domain.trim_end_matches(['.', '-']);
        let (host, top) = domain.rsplit_once('.')?;
        if host.is_empty() || host.starts_with(['.', '-']) {
            return None;
        }
        let is_top = top.starts_with("xn--")
            || (top.chars().count() >= 2 && top.chars().all(|c| c.is_alphabetic()));
        if is_top {
            return Some(start + domain.len());
        }
        domain = host;
    }
}
