//! Text as the tokenizer shall see it.
//!
//! The mirror of `training/hark_training/text.py`: a model only knows texts that were normalised
//! like the ones it was trained on, so a change here is a change of model. A golden file written
//! by the Python function (`tests/golden/normalise.jsonl`) holds both together.

use crate::target::{OTHER, TARGET};
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

const PATTERN: &str = "the pattern is a literal that a test compiles";

static ENTITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"&(?:(amp|lt|gt|quot|apos|nbsp)|#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6}));")
        .expect(PATTERN)
});
static LINK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(^|[^A-Za-z0-9_])(?:[hH][tT][tT][pP][sS]?://|[wW][wW][wW]\.)[^\p{White_Space}]+")
        .expect(PATTERN)
});
static HANDLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(^|[^A-Za-z0-9_])@[A-Za-z0-9_]+(?:@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)?")
        .expect(PATTERN)
});

/// Normalises a text for the tokenizer. In this order:
///
/// 1. HTML entities are unescaped once, left to right: `&amp; &lt; &gt; &quot; &apos; &nbsp;` and
///    numeric ones, always with their semicolon. A number that is no Unicode scalar value stays,
///    and so do U+E000 and U+E001, the marks of target and others.
/// 2. Unicode NFC.
/// 3. Links (`http://`, `https://`, `www.`, any case, not after an ASCII letter, digit or
///    underscore) up to the next white space become `http`.
/// 4. Handles (`@name`, `@name@host.tld`) become `@user`; an e-mail address stays.
/// 5. Runs of white space become one space; both ends are trimmed.
///
/// ```
/// assert_eq!(
///     hark_classify::normalise("  @Skylark lost\nmy bag &amp; more https://t.co/x "),
///     "@user lost my bag & more http",
/// );
/// ```
pub fn normalise(text: &str) -> String {
    let text = ENTITY.replace_all(text, unescape);
    let text = compose(text);
    let text = LINK.replace_all(&text, "${1}http");
    let text = HANDLE.replace_all(&text, "${1}@user");
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    normal
}

fn compose(text: Cow<'_, str>) -> Cow<'_, str> {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text,
        _ => Cow::Owned(text.nfc().collect()),
    }
}

fn unescape(found: &Captures<'_>) -> String {
    let whole = || found[0].to_owned();
    if let Some(name) = found.get(1) {
        return match name.as_str() {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            _ => "\u{a0}",
        }
        .to_owned();
    }
    let number = match (found.get(2), found.get(3)) {
        (Some(decimal), _) => decimal.as_str().parse().ok(),
        (_, Some(hex)) => u32::from_str_radix(hex.as_str(), 16).ok(),
        _ => None,
    };
    // A mark (see `target`) is ours to make, not the author's.
    number
        .and_then(char::from_u32)
        .filter(|c| !matches!(*c, TARGET | OTHER))
        .map_or_else(whole, String::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_line_of_the_golden_file_is_normalised_as_in_training() {
        let golden = include_str!("../tests/golden/normalise.jsonl");
        let mut lines = 0;
        for line in golden.lines() {
            let pair: (String, String) = serde_json::from_str(line).unwrap();
            assert_eq!(normalise(&pair.0), pair.1, "of {:?}", pair.0);
            lines += 1;
        }
        assert!(lines > 50, "{lines}");
    }

    proptest! {
        #[test]
        fn no_white_space_is_left_but_single_spaces_inside(text in "\\PC{0,40}|[ \\t\\n@a.&;#w/:h]{0,40}") {
            let normal = normalise(&text);
            prop_assert!(!normal.starts_with(' ') && !normal.ends_with(' '));
            prop_assert!(!normal.contains("  "));
            prop_assert!(normal.chars().all(|c| c == ' ' || !c.is_whitespace()));
        }
    }
}
