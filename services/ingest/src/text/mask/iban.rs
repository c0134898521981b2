//! International bank account numbers (ISO 13616).

use super::Finding;
use hark_model::PersonalData;
use iban::Iban;

/// The shortest IBAN, Norway's, has fifteen characters; no country's has fewer digits than this.
pub(super) const LEAST_DIGITS: usize = 8;

const LONGEST: usize = 34;
const SHORTEST: usize = 15;

/// Finds IBANs, written without a space or in groups with one space or hyphen between.
pub(super) fn find(text: &str, findings: &mut Vec<Finding>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + SHORTEST <= bytes.len() {
        // Most positions fail at the third byte.
        let starts = bytes[at + 2].is_ascii_digit()
            && bytes[at + 3].is_ascii_digit()
            && bytes[at].is_ascii_alphabetic()
            && bytes[at + 1].is_ascii_alphabetic()
            && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        match starts.then(|| end(bytes, at)).flatten() {
            Some(end) => {
                findings.push(Finding {
                    kind: PersonalData::Iban,
                    span: at..end,
                });
                at = end;
            }
            None => at += 1,
        }
    }
}

/// Where the longest valid IBAN that starts at `start` ends.
fn end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut number = String::with_capacity(LONGEST);
    let mut at = start;
    let mut found = None;
    while let Some(byte) = bytes.get(at).filter(|byte| byte.is_ascii_alphanumeric()) {
        if number.len() == LONGEST {
            break;
        }
        number.push(char::from(byte.to_ascii_uppercase()));
        at += 1;
        let ends = !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        if ends {
            if number.len() >= SHORTEST && number.parse::<Iban>().is_ok() {
                found = Some(at);
            }
            at += gap(&bytes[at..]);
        }
    }
    found
}

/// The length of the one separator that may stand between groups, or zero.
fn gap(bytes: &[u8]) -> usize {
    match bytes {
        [b' ' | b'-', ..] => 1,
        [0xc2, 0xa0, ..] => 2,
        [0xe2, 0x80, 0xaf | 0x90 | 0x91, ..] => 3,
        _ => 0,
    }
}
