//! The keys of the outbox in the task's state.
//!
//! | key | value | for |
//! |---|---|---|
//! | `n` webhook, number | the notice | itself, oldest first |
//! | `d` webhook, next attempt, number | nothing | what is due, the longest due first |
//! | `c` webhook, alert, number | whether it may be superseded | the notices of one alert in order |
//!
//! A notice's number is the offset of its alert's record. Of each alert only the oldest notice is
//! among what is due, so revisions are told in their order.

/// The keys in `from..to`.
pub(crate) struct Range {
    pub(crate) from: Vec<u8>,
    pub(crate) to: Vec<u8>,
}

const NOTICE: u8 = b'n';
const DUE: u8 = b'd';
const CHAIN: u8 = b'c';

pub(crate) fn notice(webhook: &str, number: u64) -> Vec<u8> {
    with_number(prefix(NOTICE, &[webhook]), number)
}

/// All notices of a webhook, oldest first.
pub(crate) fn notices(webhook: &str) -> Range {
    below(prefix(NOTICE, &[webhook]))
}

/// All notices of all webhooks.
pub(crate) fn all_notices() -> Range {
    below(vec![NOTICE])
}

/// The webhook's id in a notice's key.
pub(crate) fn webhook_of(notice_key: &[u8]) -> Option<&str> {
    let (length, rest) = notice_key.get(1..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    std::str::from_utf8(rest.get(..length)?).ok()
}

pub(crate) fn due(webhook: &str, at: i64, number: u64) -> Vec<u8> {
    let mut key = prefix(DUE, &[webhook]);
    // So that moments before 1970 sort before those after.
    key.extend_from_slice(&(at.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    with_number(key, number)
}

/// All that is due at some time, in that order.
pub(crate) fn all_due(webhook: &str) -> Range {
    below(prefix(DUE, &[webhook]))
}

/// The moment and the number in a key of [`all_due`].
pub(crate) fn due_of(key: &[u8]) -> Option<(i64, u64)> {
    let (rest, number) = key.split_last_chunk::<8>()?;
    let (_, at) = rest.split_last_chunk::<8>()?;
    Some((
        (u64::from_be_bytes(*at) ^ (1 << 63)).cast_signed(),
        u64::from_be_bytes(*number),
    ))
}

pub(crate) fn chain(webhook: &str, alert: &str, number: u64) -> Vec<u8> {
    with_number(prefix(CHAIN, &[webhook, alert]), number)
}

/// The notices of one alert in order.
pub(crate) fn whole_chain(webhook: &str, alert: &str) -> Range {
    below(prefix(CHAIN, &[webhook, alert]))
}

/// The number any key but [`all_due`]'s ends with.
pub(crate) fn number_of(key: &[u8]) -> Option<u64> {
    key.split_last_chunk::<8>()
        .map(|(_, number)| u64::from_be_bytes(*number))
}

fn with_number(mut key: Vec<u8>, number: u64) -> Vec<u8> {
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// Lengths go first, so that no webhook's keys begin like another's.
fn prefix(kind: u8, parts: &[&str]) -> Vec<u8> {
    let mut key = vec![kind];
    for part in parts {
        let length = u32::try_from(part.len()).unwrap_or(u32::MAX);
        key.extend_from_slice(&length.to_be_bytes());
        key.extend_from_slice(part.as_bytes());
    }
    key
}

/// All keys that begin with these bytes, which end in a kind, a length or UTF-8: never in 0xff.
fn below(from: Vec<u8>) -> Range {
    let mut to = from.clone();
    if let Some(last) = to.last_mut() {
        *last = last.saturating_add(1);
    }
    Range { from, to }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_sorts_by_moment_and_then_by_number() {
        let moments = [(-5, 9), (0, 1), (0, 2), (7, 0), (i64::MAX, 0)];
        let keys = moments.map(|(at, number)| due("desk", at, number));
        assert!(keys.is_sorted());
        assert_eq!(keys.each_ref().map(|key| due_of(key).unwrap()), moments);
    }

    #[test]
    fn a_webhook_whose_name_begins_like_another_keeps_its_own_keys() {
        let range = notices("desk");
        let inside = |key: &Vec<u8>| range.from <= *key && *key < range.to;
        assert!(inside(&notice("desk", 0)) && inside(&notice("desk", u64::MAX)));
        assert!(!inside(&notice("desk2", 1)) && !inside(&notice("des", 1)));
        assert_eq!(webhook_of(&notice("desk2", 1)), Some("desk2"));
        assert_eq!(number_of(&chain("desk", "a", 77)), Some(77));
    }
}
