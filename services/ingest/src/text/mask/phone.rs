//! Telephone numbers, by shape and context.
//!
//! Masked are:
//!
//! * international numbers: `+` or `00`, then 8 to 15 digits in any grouping (ITU-T E.164);
//! * national numbers with a trunk `0`: 9 to 12 digits in any grouping;
//! * North American ones: `(ddd) ddd-dddd`, `ddd-ddd-dddd`, `ddd.ddd.dddd`, with or without `1`;
//! * 8 to 12 digits behind a number in parentheses, `(11) 91234-5678`;
//! * 7 to 12 digits behind a word that announces a number: "call", "Tel.", "WhatsApp" …
//!
//! Not masked are national numbers without any of this: ten digits alone are an order number as
//! often. Nor is anything behind a word such as "order" or "invoice", behind `#`, `@` or a
//! currency, inside a URL, or in the shape of a date. Digits that follow a number closely may be
//! masked with it. No list of area codes is kept, so a number need not exist to be masked.

use super::Finding;
use super::context::{after, before, is_in_url, words_before};
use super::digits::{Group, Run};
use super::phone_words::{announces, forbids};
use hark_model::PersonalData;

/// The fewest digits of any number that is masked.
pub(super) const LEAST_DIGITS: usize = 7;

/// Finds telephone numbers in the runs.
pub(super) fn find(text: &str, runs: &[Run], findings: &mut Vec<Finding>) {
    for run in runs {
        if run.iter().map(|group| group.count).sum::<usize>() < LEAST_DIGITS {
            continue;
        }
        let mut first = 0;
        let mut masked_to = None;
        while first < run.len() {
            match number(text, run, first, masked_to) {
                Some((start, last)) => {
                    let span = start..run[last].end;
                    masked_to = Some(span.end);
                    findings.push(Finding {
                        kind: PersonalData::Phone,
                        span,
                    });
                    first = last + 1;
                }
                None => first += 1,
            }
        }
    }
}

/// How a number begins, which decides what it may look like.
enum Opening {
    International,
    Announced,
    Plain,
}

/// The start, in bytes, and the last group of the longest number beginning with group `first`.
/// Up to `masked_to` all has been found already.
fn number(
    text: &str,
    run: &[Group],
    first: usize,
    masked_to: Option<usize>,
) -> Option<(usize, usize)> {
    let (start, opening) = opening(text, run, first, masked_to)?;
    let parenthesised = text[..run[first].start].ends_with('(');
    let mut last = None;
    let mut count = 0;
    for at in first..run.len() {
        count += run[at].count;
        if count > 15 {
            break;
        }
        let groups = &run[first..=at];
        let fits = match opening {
            Opening::International => count >= 8 + trunk_zeros(&groups[0]) && !is_date(groups),
            _ if is_date(groups) => break,
            Opening::Announced => (LEAST_DIGITS..=12).contains(&count),
            Opening::Plain => {
                is_trunk(text, groups, count)
                    || is_north_american(text, groups)
                    || (parenthesised && groups.len() > 1 && (8..=12).contains(&count))
            }
        };
        if fits && ends_here(text, groups[groups.len() - 1].end) {
            last = Some(at);
        }
    }
    let last = last?;
    (!is_in_url(text, start)).then_some((start, last))
}

/// Where the number starts, with its `+` or `(`, and how; `None` where no number can start.
fn opening(
    text: &str,
    run: &[Group],
    first: usize,
    masked_to: Option<usize>,
) -> Option<(usize, Opening)> {
    let group = &run[first];
    let opened = text[..group.start].trim_end_matches('(');
    let bracket = group.start - opened.len() <= 1;
    let mut start = if bracket { opened.len() } else { group.start };
    let plus = text[..start].ends_with(['+', '＋']);
    if plus {
        start -= before(text, start).map_or(0, char::len_utf8);
        if text[..start].ends_with('(') {
            start -= 1;
        }
    }
    // Behind a number that will be masked there will be a bracket.
    let previous = before(text, start).filter(|_| masked_to != Some(start));
    if previous.is_some_and(|c| {
        c.is_alphanumeric()
            || matches!(c, '_' | '#' | '@' | '$' | '€' | '£' | '¥' | '%' | ':' | ',')
    }) {
        // "Tel:0171" and "mobile,0171" announce; a colon between digits is a time.
        let announced =
            matches!(previous, Some(':' | ',')) && announces(&words_before(text, start));
        if !announced {
            return None;
        }
    }
    if first > 0 && !plus && previous.is_some_and(|c| matches!(c, '-' | '.' | '/')) {
        // In the middle of a longer number.
        return None;
    }
    let international = plus && group.digits.first() != Some(&0) || trunk_zeros(group) == 2;
    let words = words_before(text, start);
    if international && plus {
        return Some((start, Opening::International));
    }
    if announces(&words) {
        return Some((start, Opening::Announced));
    }
    if forbids(&words) {
        return None;
    }
    Some((
        start,
        if international {
            Opening::International
        } else {
            Opening::Plain
        },
    ))
}

/// Two where a group begins with the international `00`, else none.
fn trunk_zeros(group: &Group) -> usize {
    if group.digits.len() > 2 && group.digits.starts_with(&[0, 0]) && group.digits[2] != 0
        || group.digits == [0, 0]
    {
        2
    } else {
        0
    }
}

/// A leading zero and a second digit that is none, 9 to 12 digits in all.
fn is_trunk(text: &str, groups: &[Group], count: usize) -> bool {
    let first = &groups[0];
    let second = first
        .digits
        .get(1)
        .or_else(|| groups.get(1).and_then(|group| group.digits.first()));
    let zero = first.digits.first() == Some(&0) && second.is_some_and(|digit| *digit != 0);
    // "0.123456789" is a quantity.
    let decimal = first.count == 1 && text[first.end..].starts_with('.');
    zero && !decimal && (9..=12).contains(&count)
}

/// `(ddd) ddd-dddd` and its relatives; area code and exchange begin with 2 to 9.
fn is_north_american(text: &str, groups: &[Group]) -> bool {
    let groups = match groups {
        [one, rest @ ..] if one.digits == [1] => rest,
        _ => groups,
    };
    let [area, exchange, line] = groups else {
        return false;
    };
    let shape = area.count == 3 && exchange.count == 3 && line.count == 4;
    let valid = |group: &Group| group.digits.first().is_some_and(|digit| *digit >= 2);
    // Thousands are never grouped by fours, so spaces do.
    shape && valid(area) && valid(exchange) && !text[line.end..].starts_with('%')
}

/// `2024-01-31`, `31.01.2024` and the like at the start.
fn is_date(groups: &[Group]) -> bool {
    let [a, b, c, ..] = groups else { return false };
    let is_year = |group: &Group| group.count == 4 && matches!(group.digits[..2], [1, 9] | [2, 0]);
    let short = |group: &Group| group.count <= 2;
    (is_year(a) && short(b) && short(c)) || (short(a) && short(b) && is_year(c))
}

/// Whether nothing stands behind the number that makes it something else.
fn ends_here(text: &str, end: usize) -> bool {
    match after(text, end) {
        Some(c @ (':' | ',' | '.')) => {
            let next = text[end + c.len_utf8()..].chars().next();
            !next.is_some_and(|next| next.is_ascii_digit()) || c == '.'
        }
        Some(c) => !(c.is_ascii_alphabetic() || matches!(c, '_' | '%' | '€' | '$' | '£' | '@')),
        None => true,
    }
}
