//! Runs of digits, with what people put between them.

/// Digits without anything between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Where it starts and ends, in bytes.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The digits, 0 to 9. Long groups keep the first [`KEPT`] only.
    pub(super) digits: Vec<u8>,
    /// How many digits there are.
    pub(super) count: usize,
}

/// Groups with at most three separators between each other. The last group of one run is never
/// close to the first of the next.
pub(super) type Run = Vec<Group>;

/// Nothing that is looked for has more digits in one group.
pub(super) const KEPT: usize = 20;

const MAX_SEPARATORS: usize = 3;

/// The runs of `text`, in order.
pub(super) fn runs(text: &str) -> Vec<Run> {
    let bytes = text.as_bytes();
    let mut runs: Vec<Run> = Vec::new();
    let mut at = 0;
    // Where a group must start to belong to the last run.
    let mut joined = None;
    while at < bytes.len() {
        if digit(bytes, at).is_none() {
            at += 1;
            continue;
        }
        let group = group(bytes, at);
        at = group.end;
        match runs.last_mut() {
            Some(run) if joined == Some(group.start) => run.push(group),
            _ => runs.push(vec![group]),
        }
        let next = skip_separators(bytes, at);
        joined = (next > at).then_some(next);
        at = next;
    }
    runs
}

fn group(bytes: &[u8], start: usize) -> Group {
    let mut group = Group {
        start,
        end: start,
        digits: Vec::new(),
        count: 0,
    };
    while let Some((value, length)) = digit(bytes, group.end) {
        if group.count < KEPT {
            group.digits.push(value);
        }
        group.count += 1;
        group.end += length;
    }
    group
}

/// The digit at `at`, plain or full-width, and its length in bytes.
fn digit(bytes: &[u8], at: usize) -> Option<(u8, usize)> {
    match *bytes.get(at)? {
        byte @ b'0'..=b'9' => Some((byte - b'0', 1)),
        0xef if bytes.get(at + 1) == Some(&0xbc) => match bytes.get(at + 2) {
            Some(byte @ 0x90..=0x99) => Some((byte - 0x90, 3)),
            _ => None,
        },
        _ => None,
    }
}

fn skip_separators(bytes: &[u8], mut at: usize) -> usize {
    for _ in 0..MAX_SEPARATORS {
        match separator(&bytes[at..]) {
            0 => break,
            length => at += length,
        }
    }
    at
}

/// The length of the separator that `bytes` begin with, or zero: a space of any width, a dash, a
/// dot, a slash or a parenthesis.
fn separator(bytes: &[u8]) -> usize {
    match bytes {
        [b' ' | b'-' | b'.' | b'/' | b'(' | b')', ..] => 1,
        [0xc2, 0xa0, ..] => 2,
        [0xe2, 0x80, 0x80..=0x8a | 0x90..=0x95 | 0xaf, ..] => 3,
        [0xe2, 0x88, 0x92, ..] | [0xe3, 0x80, 0x80, ..] => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::runs;

    fn counts(text: &str) -> Vec<Vec<usize>> {
        runs(text)
            .iter()
            .map(|run| run.iter().map(|group| group.count).collect())
            .collect()
    }

    #[test]
    fn groups_close_together_are_one_run() {
        assert_eq!(counts("(0171) 234-56 and 7"), [vec![4, 3, 2], vec![1]]);
        assert_eq!(counts("1\u{a0}2\u{2011}3"), [vec![1, 1, 1]]);
        assert_eq!(counts("1, 2"), [vec![1], vec![1]]);
        assert_eq!(counts("1    2"), [vec![1], vec![1]]);
        assert_eq!(counts("１２３"), [vec![3]]);
    }
}
