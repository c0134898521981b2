//! One spelling for one text.
//!
//! * Unicode normal form C.
//! * Lines end in `\n`; at most one empty line in a row; no white space at either end of a line;
//!   every other run of white space is one space.
//! * What cannot be seen is removed: control characters, zero-width characters, bidirectional
//!   overrides, isolates and marks. Right-to-left text stays as it is; only what could make a
//!   reader see it in another order goes. The zero-width joiner stays inside an emoji, variation
//!   selectors and tags stay behind the character they change.
//!
//! The zero-width non-joiner goes too: Persian keeps its letters and loses a small gap.

use std::borrow::Cow;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The most combining marks kept on one letter; more is decoration that breaks layouts.
const MAX_MARKS: usize = 8;

/// The text in one spelling, and whether all of `raw` was read: reading stops once `enough`
/// bytes have been written.
pub(super) fn normalise(raw: &str, enough: usize) -> (Cow<'_, str>, bool) {
    if raw.len() <= enough && is_tidy(raw.as_bytes()) {
        return (Cow::Borrowed(raw), true);
    }
    let mut writer = Writer {
        out: String::with_capacity(raw.len().min(enough.saturating_add(64))),
        gap: Gap::None,
        last: None,
        marks: 0,
    };
    let mut complete = true;
    let mut chars = raw.chars().peekable();
    while let Some(c) = chars.next() {
        if writer.out.len() >= enough {
            complete = false;
            break;
        }
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            _ => writer.take(c, chars.peek().copied()),
        }
    }
    let text = match is_nfc_quick(writer.out.chars()) {
        IsNormalized::Yes => writer.out,
        _ => writer.out.nfc().collect(),
    };
    (Cow::Owned(text), complete)
}

/// Whether an ASCII text needs nothing done to it.
fn is_tidy(bytes: &[u8]) -> bool {
    let printable = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    printable
        && bytes.first() != Some(&b' ')
        && bytes.last() != Some(&b' ')
        && !bytes.windows(2).any(|pair| pair == b"  ")
}

/// White space that was read and will be written once something follows it.
#[derive(Clone, Copy, PartialEq)]
enum Gap {
    None,
    Space,
    Lines(u8),
}

struct Writer {
    out: String,
    gap: Gap,
    /// The last character written.
    last: Option<char>,
    marks: usize,
}

impl Writer {
    fn take(&mut self, c: char, next: Option<char>) {
        if matches!(c, '\u{20}'..='\u{7e}') && c != ' ' {
            self.write(c);
            return;
        }
        if matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        ) {
            self.gap = match self.gap {
                Gap::Lines(lines) => Gap::Lines(2.min(lines + 1)),
                _ => Gap::Lines(1),
            };
        } else if c.is_whitespace() {
            if self.gap == Gap::None {
                self.gap = Gap::Space;
            }
        } else if !c.is_control() && !self.is_invisible(c, next) {
            let is_mark = unicode_normalization::char::is_combining_mark(c);
            self.marks = if is_mark { self.marks + 1 } else { 0 };
            if self.marks <= MAX_MARKS {
                self.write(c);
            }
        }
    }

    fn write(&mut self, c: char) {
        if !self.out.is_empty() {
            match self.gap {
                Gap::None => {}
                Gap::Space => self.out.push(' '),
                Gap::Lines(1) => self.out.push('\n'),
                Gap::Lines(_) => self.out.push_str("\n\n"),
            }
        }
        self.gap = Gap::None;
        self.last = Some(c);
        self.out.push(c);
    }

    fn is_invisible(&self, c: char, next: Option<char>) -> bool {
        // What changes the character before it has nothing to change behind white space.
        let before = self.last.filter(|_| self.gap == Gap::None);
        match c {
            '\u{200d}' => {
                !(before.is_some_and(|c| is_emoji(c) || is_selector(c))
                    && next.is_some_and(is_emoji))
            }
            _ if is_selector(c) => before.is_none_or(is_selector),
            // Tags spell the flags of regions behind a black flag; elsewhere they hide text.
            '\u{e0000}'..='\u{e007f}' => {
                !before.is_some_and(|c| matches!(c, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'))
            }
            '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{3164}'
            | '\u{ffa0}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffc}' => true,
            _ => false,
        }
    }
}

const fn is_selector(c: char) -> bool {
    matches!(c, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// Roughly Unicode's Extended_Pictographic, with skin tones: what a zero-width joiner joins.
const fn is_emoji(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}' | '\u{25a0}'..='\u{27bf}'
        | '\u{2934}' | '\u{2935}' | '\u{2b00}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}'
        | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::normalise;

    fn tidy(raw: &str) -> String {
        normalise(raw, usize::MAX).0.into_owned()
    }

    #[test]
    fn white_space_is_tidied_and_paragraphs_stay() {
        assert_eq!(
            tidy(" a \t b\u{a0}\u{3000}c \r\n d\r\r\n\n\ne\u{2029}f "),
            "a b c\nd\n\ne\nf"
        );
        assert_eq!(tidy("two  spaces"), "two spaces");
    }

    #[test]
    fn what_cannot_be_seen_is_removed() {
        assert_eq!(tidy("N\u{200b}i\u{ad}k\u{2060}e\u{0}\u{7}\u{feff}"), "Nike");
        assert_eq!(
            tidy("\u{202e}evil\u{202c} \u{2066}x\u{2069}\u{200f}"),
            "evil x"
        );
        assert_eq!(tidy("\u{200b}\u{200d}\u{fe0f}\u{2060} \u{feff}"), "");
        assert_eq!(tidy("a\u{e0041}\u{e0042}"), "a");
    }

    #[test]
    fn right_to_left_text_stays() {
        let text = "שלום עולם مرحبا بالعالم";
        assert_eq!(tidy(text), text);
    }

    #[test]
    fn emoji_stay_whole() {
        for emoji in [
            "👩🏽‍🚀",
            "👨‍👩‍👧‍👦",
            "❤️‍🔥",
            "🏳️‍🌈",
            "🇩🇪",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
            "1️⃣",
        ] {
            assert_eq!(tidy(emoji), emoji);
        }
        assert_eq!(tidy("a\u{200d}b"), "ab");
    }

    #[test]
    fn letters_are_composed_even_across_what_was_removed() {
        assert_eq!(tidy("e\u{301}"), "é");
        assert_eq!(tidy("e\u{200b}\u{301}"), "é");
    }

    #[test]
    fn towers_of_marks_are_cut_down() {
        let tower = format!("a{}", "\u{336}".repeat(5_000));
        assert_eq!(tidy(&tower).chars().count(), 9);
    }

    #[test]
    fn reading_stops_once_there_is_enough() {
        let raw = "a ".repeat(1_000_000);
        let (text, complete) = normalise(&raw, 100);
        assert!(!complete);
        assert_eq!(text.len(), 101);
    }
}
