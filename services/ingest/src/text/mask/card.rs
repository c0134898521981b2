//! Payment card numbers (ISO/IEC 7812).

use super::Finding;
use super::context::{after, before, is_in_url};
use super::digits::{Group, KEPT, Run};
use hark_model::PersonalData;

/// Finds card numbers in the runs: contiguous, or in groups of two digits and more.
pub(super) fn find(text: &str, runs: &[Run], findings: &mut Vec<Finding>) {
    for run in runs {
        let mut first = 0;
        while first < run.len() {
            match card(text, run, first) {
                Some(last) => {
                    let span = run[first].start..run[last].end;
                    findings.push(Finding {
                        kind: PersonalData::Card,
                        span,
                    });
                    first = last + 1;
                }
                None => first += 1,
            }
        }
    }
}

/// The last group of the longest card number that begins with the group `first`.
fn card(text: &str, run: &[Group], first: usize) -> Option<usize> {
    let mut digits = [0; KEPT];
    let mut count = 0;
    let mut longest = None;
    for (at, group) in run.iter().enumerate().skip(first) {
        if count + group.count > 19 || (at > first && group.count < 2) {
            break;
        }
        digits[count..count + group.count].copy_from_slice(&group.digits);
        count += group.count;
        if count >= 13 && is_card(&digits[..count]) {
            longest = Some(at);
        }
    }
    let last = longest?;
    let glued = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let alone = !glued(before(text, run[first].start)) && !glued(after(text, run[last].end));
    (alone && !is_in_url(text, run[first].start)).then_some(last)
}

/// Whether the digits are a card number: a prefix and length that issuers use, and Luhn's check
/// digit. One random number of ten has that, one of several tens has all.
fn is_card(digits: &[u8]) -> bool {
    let prefix = digits
        .iter()
        .take(4)
        .fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let fits = match (prefix, digits.len()) {
        (4000..=4999, 13 | 16 | 19) => true,     // Visa
        (5100..=5599 | 2221..=2720, 16) => true, // Mastercard
        (3400..=3499 | 3700..=3799, 15) => true, // American Express
        (3000..=3059 | 3095 | 3600..=3699 | 3800..=3999, 14..=19) => true, // Diners Club
        (3528..=3589, 16..=19) => true,          // JCB
        (5000..=5099 | 5600..=5899, 13..=19) => true, // Maestro
        (6000..=6999, 13..=19) => true,          // Maestro, Discover, UnionPay, RuPay
        (2200..=2204, 16..=19) => true,          // Mir
        (8100..=8171, 16..=19) => true,          // UnionPay
        _ => false,
    };
    fits && passes_luhn(digits) && digits.iter().any(|digit| *digit != digits[0])
}

/// ISO/IEC 7812-1, annex B: every second digit from the right doubled, digits summed, mod 10.
fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit)) {
            (1, digit) if digit > 4 => 2 * digit - 9,
            (1, digit) => 2 * digit,
            (_, digit) => digit,
        })
        .sum();
    sum.is_multiple_of(10)
}
