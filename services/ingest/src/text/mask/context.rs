//! What stands around a number, where the number alone does not say what it is.

/// How far around a number is looked, in bytes; URLs longer than this are not written by people.
const REACH: usize = 2_048;

/// Whether `at` is inside a URL, or what looks like one.
pub(super) fn is_in_url(text: &str, at: usize) -> bool {
    let from = text.floor_char_boundary(at.saturating_sub(REACH));
    let start = text[from..at]
        .rfind(char::is_whitespace)
        .map_or(from, |space| from + space);
    let before = text[start..at].trim_start_matches(|c: char| !c.is_alphanumeric());
    if before.contains("://") || before.starts_with("www.") {
        return true;
    }
    // `shop.example/items/123`: a dotted host of letters and a path.
    before.split_once('/').is_some_and(|(host, _)| {
        let (name, top) = host.rsplit_once('.').unwrap_or_default();
        !name.is_empty() && top.len() >= 2 && top.bytes().all(|byte| byte.is_ascii_alphabetic())
    })
}

/// The two words before `at`, in lower case, the nearest first; empty where there is none.
/// Words are of letters; only the text up to `at` on the same line and at most three characters
/// between word and number count. A mask is no word: "[phone] 123" announces nothing.
pub(super) fn words_before(text: &str, at: usize) -> [String; 2] {
    let from = text.floor_char_boundary(at.saturating_sub(48));
    let mut rest = &text[from..at];
    if let Some(line) = rest.rfind('\n') {
        rest = &rest[line + 1..];
    }
    let mut words = [String::new(), String::new()];
    for word in &mut words {
        let trimmed = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
        let between = &rest[trimmed.len()..];
        if between.contains(']') || between.chars().count() > 3 {
            break;
        }
        let start = trimmed
            .rfind(|c: char| !c.is_alphabetic())
            .map_or(0, |other| {
                other + trimmed[other..].chars().next().map_or(0, char::len_utf8)
            });
        *word = trimmed[start..].to_lowercase();
        rest = &trimmed[..start];
    }
    words
}

/// The character before `at`.
pub(super) fn before(text: &str, at: usize) -> Option<char> {
    text[..at].chars().next_back()
}

/// The character at `at`.
pub(super) fn after(text: &str, at: usize) -> Option<char> {
    text[at..].chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_recognised_with_and_without_a_scheme() {
        for (text, inside) in [
            ("see https://x.example/status/123", true),
            ("(www.x.example/123", true),
            ("shop.example/items/123", true),
            ("Tel./123", false),
            ("https://x.example 123", false),
            ("and/or 123", false),
        ] {
            assert_eq!(is_in_url(text, text.len() - 3), inside, "{text}");
        }
    }

    #[test]
    fn words_are_read_backwards_on_their_line() {
        assert_eq!(words_before("my Order no. 12", 13), ["no", "order"]);
        assert_eq!(words_before("order\n12", 6), ["", ""]);
        assert_eq!(words_before("Tél: 12", 6), ["tél", ""]);
        assert_eq!(words_before("call [phone] 12", 13), ["", ""]);
    }
}
