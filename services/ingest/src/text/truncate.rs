//! Cuts a text without cutting what a reader sees as one character.

use unicode_segmentation::GraphemeCursor;

/// How far back a cut is moved for the sake of a whole character. Longer ones are not written by
/// people; such a text is cut between code points.
const LONGEST_GRAPHEME: usize = 256;

/// The longest beginning of `text` that has at most `max_bytes` bytes and ends between two
/// characters as a reader sees them: never inside a flag, an emoji or an accented letter.
pub fn truncate_graphemes(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let at = text.floor_char_boundary(max_bytes);
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    if cursor.is_boundary(text, 0).unwrap_or(true) {
        return &text[..at];
    }
    let boundary = cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0);
    // A short limit may have no room for even one character; then nothing is left.
    let cut = if at - boundary > LONGEST_GRAPHEME {
        at
    } else {
        boundary
    };
    &text[..cut]
}

#[cfg(test)]
mod tests {
    use super::truncate_graphemes;

    #[test]
    fn a_flag_is_kept_whole_or_dropped_whole() {
        let flags = "🇩🇪🇫🇷";
        assert_eq!(truncate_graphemes(flags, 16), flags);
        for max in 8..16 {
            assert_eq!(truncate_graphemes(flags, max), "🇩🇪");
        }
        for max in 0..8 {
            assert_eq!(truncate_graphemes(flags, max), "");
        }
    }

    #[test]
    fn a_family_and_an_accent_are_kept_whole_or_dropped_whole() {
        assert_eq!(truncate_graphemes("a👨‍👩‍👧‍👦", 20), "a");
        assert_eq!(truncate_graphemes("ae\u{332}", 2), "a");
    }

    #[test]
    fn a_character_of_absurd_length_is_cut_all_the_same() {
        let tower = format!("a{}", "\u{336}".repeat(5_000));
        assert_eq!(truncate_graphemes(&tower, 1_000).len(), 999);
    }
}
