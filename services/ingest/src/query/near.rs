//! How far apart two places are, in words.

use super::chars::{is_glue, is_word};
use super::eval::Hit;

/// Calls `found` with each pair of hits, one of either list, that do not overlap and have at
/// most `distance` words between them; for each hit only its next neighbour is tried. Both lists
/// are sorted by their start. Stops when `found` returns `false`.
pub(super) fn pairs<'a>(
    text: &str,
    left: &'a [Hit],
    right: &'a [Hit],
    distance: u32,
    mut found: impl FnMut(&'a Hit, &'a Hit) -> bool,
) {
    for (these, those) in [(left, right), (right, left)] {
        for hit in these {
            let next = those.partition_point(|other| other.start < hit.end);
            let Some(other) = those.get(next) else { break };
            let between = &text[hit.end..other.start];
            if at_most_words(between, distance) && !found(hit, other) {
                return;
            }
        }
    }
}

/// Whether there are at most `limit` words in the text between two terms. A character of a
/// script without spaces counts as a word; what an apostrophe joins is one word, so that the
/// `'s` of "Nike's shoes" is none.
pub(super) fn at_most_words(between: &str, limit: u32) -> bool {
    let mut words = 0;
    let mut chars = between.chars().peekable();
    let mut in_word = between.starts_with('\'');
    while let Some(c) = chars.next() {
        if is_glue(c) {
            if !in_word {
                words += 1;
            }
            in_word = true;
        } else if is_word(c) {
            words += 1;
            in_word = false;
        } else {
            in_word = in_word && c == '\'' && chars.peek().is_some_and(|next| is_glue(*next));
        }
        if words > limit {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> u32 {
        (0..50)
            .find(|limit| at_most_words(text, *limit))
            .expect("fewer than fifty words")
    }

    #[test]
    fn words_are_counted_as_people_count_them() {
        assert_eq!(words(" "), 0);
        assert_eq!(words(" and "), 1);
        assert_eq!(words(" don't like "), 2);
        assert_eq!(words("'s new "), 1);
        assert_eq!(words(" 新しい "), 3);
        assert_eq!(words(" 🎉 – "), 0);
    }
}
