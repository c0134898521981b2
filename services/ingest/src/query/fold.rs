//! Case folding that remembers where every byte came from.
//!
//! Letters are lower-cased by Unicode's rules, one by one; diacritics stay, `ü` is not `u`.
//! Beyond case, only what people cannot be expected to type alike is made alike:
//!
//! * the four Turkish i's, of which upper case cannot tell two apart, become `i`;
//! * both Greek small sigmas become `σ`;
//! * curly apostrophes become straight, full-width `＃` and `＠` become `#` and `@`;
//! * variation selectors, which choose between two pictures of one emoji, are dropped.

use super::chars::is_unspaced;

/// A folded text with the way back to the original.
#[derive(Clone, Debug, Default)]
pub(super) struct Folded {
    text: String,
    /// From `folded` on, the original's offset is ahead of the folded one by a new distance.
    /// Empty when folding changed no length, which holds for nearly every post.
    shifts: Vec<Shift>,
}

#[derive(Clone, Copy, Debug)]
struct Shift {
    folded: usize,
    original: usize,
}

impl Folded {
    /// Folds `original`, reusing the space of the text folded before.
    pub(super) fn set(&mut self, original: &str) {
        self.text.clear();
        self.shifts.clear();
        if original.is_ascii() {
            self.text.push_str(original);
            self.text.make_ascii_lowercase();
            return;
        }
        let mut ahead = 0;
        for (at, c) in original.char_indices() {
            let Some(folded) = fold(c, self.text.as_bytes().last().copied()) else {
                continue;
            };
            self.shift(at, &mut ahead);
            self.text.push(folded);
        }
        self.shift(original.len(), &mut ahead);
    }

    /// The folded text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where the byte at `folded` stood in the original.
    pub(super) fn original(&self, folded: usize) -> usize {
        let after = self.shifts.partition_point(|shift| shift.folded <= folded);
        match after.checked_sub(1) {
            None => folded,
            Some(at) => self.shifts[at].original + (folded - self.shifts[at].folded),
        }
    }

    fn shift(&mut self, original: usize, ahead: &mut isize) {
        let folded = self.text.len();
        let distance = original as isize - folded as isize;
        if distance != *ahead {
            *ahead = distance;
            self.shifts.push(Shift { folded, original });
        }
    }
}

/// A folded text on its own.
pub(super) fn folded(text: &str) -> String {
    let mut folded = Folded::default();
    folded.set(text);
    folded.text
}

/// The text with its case kept and everything else folded.
pub(super) fn folded_but_case(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter_map(fold_but_case)
}

fn fold(c: char, before: Option<u8>) -> Option<char> {
    if c.is_ascii() {
        return Some(c.to_ascii_lowercase());
    }
    match c {
        'ı' | 'İ' => Some('i'),
        'ς' => Some('σ'),
        // What is left of `İ` when another program lower-cased it.
        '\u{307}' if before == Some(b'i') => None,
        _ if is_unspaced(c) => Some(c),
        _ => {
            let c = fold_but_case(c)?;
            let mut lower = c.to_lowercase();
            // `İ` is the only character that lower-cases to two.
            Some(if lower.len() == 1 {
                lower.next().unwrap_or(c)
            } else {
                c
            })
        }
    }
}

fn fold_but_case(c: char) -> Option<char> {
    match c {
        '\u{fe0e}' | '\u{fe0f}' => None,
        '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{ff07}' => Some('\''),
        '＃' => Some('#'),
        '＠' => Some('@'),
        _ => Some(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_lower_cases_to_one_except_the_dotted_capital_i() {
        let longer: Vec<char> = ('\0'..=char::MAX)
            .filter(|c| c.to_lowercase().count() > 1)
            .collect();
        assert_eq!(longer, ['İ']);
    }

    #[test]
    fn offsets_lead_back_through_characters_that_changed_their_length() {
        let original = "İİ McDonald’s ❤️ Nike";
        let mut text = Folded::default();
        text.set(original);
        assert_eq!(text.text(), "ii mcdonald's ❤ nike");
        for (folded, wanted) in [("mcdonald's", "McDonald’s"), ("❤", "❤️"), ("nike", "Nike")]
        {
            let at = text.text().find(folded).expect("it is there");
            let span = text.original(at)..text.original(at + folded.len());
            assert_eq!(&original[span], wanted);
        }
    }

    #[test]
    fn turkish_upper_and_lower_case_fold_to_the_same() {
        assert_eq!(folded("IŞIK"), folded("ışık"));
        assert_eq!(folded("İŞ"), folded("iş"));
        assert_eq!(folded("i\u{307}stanbul"), "istanbul");
    }

    #[test]
    fn a_buffer_used_before_leaves_nothing_behind() {
        let mut text = Folded::default();
        text.set("İİ");
        text.set("abc");
        assert_eq!((text.text(), text.original(2)), ("abc", 2));
    }
}
