//! Where words begin and end.
//!
//! An edge is a word boundary unless a letter stands on both of its sides (the simple boundary
//! `\b` of Unicode Technical Standard 18). So `nike` is found in "Nike's", "NIKE!" and
//! "nike.com", and not in "nikes". Scripts written without spaces have no such edges: a term in
//! one of them is found anywhere.

use unicode_normalization::char::is_combining_mark;

/// A character that words are made of: letters, digits, marks on them, and the underscore.
pub(super) fn is_word(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '_';
    }
    c.is_alphanumeric() || is_combining_mark(c)
}

/// A character of a script that does not put spaces between words, or, for Korean, glues
/// particles to them: Han, kana, Hangul, Thai, Lao, Tibetan, Burmese, Khmer.
pub(super) const fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0fff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1100}'..='\u{11ff}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{318f}'
        | '\u{31a0}'..='\u{31ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7ff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{ff66}'..='\u{ffdc}'
        | '\u{20000}'..='\u{3ffff}')
}

/// A character that glues itself to the letters beside it.
pub(super) fn is_glue(c: char) -> bool {
    is_word(c) && (c.is_ascii() || !is_unspaced(c))
}

/// Hyphens and dashes. Between the words of a term they count as spaces, since people write
/// "coca-cola" and "coca cola" and mean the same.
pub(super) const fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fb}')
}

/// What separates the words of a term as it is written in a query.
pub(super) fn separates_terms(c: char) -> bool {
    c.is_whitespace() || is_dash(c)
}

/// What may stand between two words of a phrase in a text. Not what ends a sentence, and not
/// `@`, which makes a name of what follows.
pub(super) fn is_gap(c: char) -> bool {
    separates_terms(c)
        || matches!(
            c,
            '#' | '\'' | '"' | '/' | '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}'
        )
}

/// The most characters between two words of a phrase.
pub(super) const MAX_GAP: usize = 3;

/// Half of a flag.
pub(super) const fn is_regional_indicator(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

/// A character that handles are made of, beside the dots, hyphens and `@` inside them.
pub(super) const fn joins_handle(c: char) -> bool {
    matches!(c, '.' | '-' | '@')
}
