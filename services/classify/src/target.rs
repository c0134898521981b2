//! How a text is read towards one brand.
//!
//! An item that names two brands is two mentions, each judged by itself: "Skylark was great,
//! Northwind lost my bag" is good news for one of them. So the model is told about whom it reads.
//! A mark stands before the word in which a brand is named, one for the target and another for
//! every other brand (below, ▶ and ▷ stand for the two private-use characters):
//!
//! | text | towards Skylark |
//! |---|---|
//! | Skylark was great, Northwind lost my bag | ▶Skylark was great, ▷Northwind lost my bag |
//! | Thanks @SkylarkHelp! | Thanks ▶@SkylarkHelp! |
//! | Best flight ever (a review on Skylark's page) | Best flight ever |
//!
//! The mirror of `training/hark_training/target.py`: the model was trained on texts marked like
//! this. A golden file written by the Python function (`tests/golden/marked.jsonl`) holds both
//! together.

use hark_model::BrandMatch;
use regex::{Regex, RegexBuilder};
use std::ops::Range;
use std::sync::LazyLock;

/// Stands before the target. The tokenizer knows it as a token of its own.
pub const TARGET: char = '\u{e000}';
/// Stands before another brand.
pub const OTHER: char = '\u{e001}';

static WORD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\w+").expect("the pattern is a literal that a test compiles"));

/// An item's text, marked for the brand of one of its matches (its place among them).
pub fn towards(text: &str, matches: &[BrandMatch], target: usize) -> String {
    let own = matches.get(target).map(|found| names(text, found));
    let others = matches.iter().enumerate();
    let others = others.filter(|(place, _)| *place != target);
    let others = others.flat_map(|(_, found)| names(text, found));
    mark(text, &own.unwrap_or_default(), others)
}

/// Where a match names its brand. A clause may hold by other words too: `skylark NEAR/8 luggage`
/// finds both, and only one of them is a name. Names share a word with the brand's id; where
/// nothing does, every place counts.
fn names(text: &str, found: &BrandMatch) -> Vec<Range<usize>> {
    let id = found.brand.as_str().to_lowercase();
    let of_id = |word: &str| {
        let word = word.to_lowercase();
        id.split(|c: char| !c.is_alphanumeric()).any(|part| {
            !part.is_empty()
                && (word.starts_with(part) || word.len() > 2 && part.starts_with(&word))
        })
    };
    let named = |span: &&Range<usize>| {
        let piece = text.get((*span).clone()).unwrap_or_default();
        WORD.find_iter(piece).any(|word| of_id(word.as_str()))
    };
    let names: Vec<Range<usize>> = found.spans.iter().filter(named).cloned().collect();
    if names.is_empty() {
        found.spans.clone()
    } else {
        names
    }
}

/// A text marked for a brand that is known by name, as are the others.
pub fn towards_name<'a>(
    text: &str,
    target: &str,
    others: impl IntoIterator<Item = &'a str>,
) -> String {
    let others = others.into_iter().flat_map(|other| spans(text, other));
    mark(text, &spans(text, target), others)
}

/// Where a text names a brand, in any case: the words of the name with up to two characters
/// between them that are no letter or digit ("Skarvik Air" in "@SkarvikAir"), from a word's
/// beginning to its end. In a handle or hashtag more may follow ("@SkarvikAirHelp"), elsewhere an
/// "s" may.
fn spans(text: &str, name: &str) -> Vec<Range<usize>> {
    let words: Vec<String> = WORD
        .find_iter(name)
        .map(|word| regex::escape(word.as_str()))
        .collect();
    if words.is_empty() {
        return Vec::new();
    }
    let pattern = RegexBuilder::new(&words.join(r"[\W_]{0,2}"))
        .case_insensitive(true)
        .build();
    // Only a name of many thousand letters makes no pattern; it stands in no text either.
    pattern.map_or_else(
        |_| Vec::new(),
        |pattern| {
            let found = pattern.find_iter(text).map(|found| found.range());
            found.filter(|span| whole(text, span)).collect()
        },
    )
}

/// Whether a name found here stands by itself.
fn whole(text: &str, span: &Range<usize>) -> bool {
    let (before, rest) = (&text[..span.start], &text[span.end..]);
    if before.ends_with(char::is_alphanumeric) {
        return false;
    }
    let rest = WORD.find(rest).filter(|word| word.start() == 0);
    let tail = rest.map_or("", |word| word.as_str());
    tail.is_empty()
        || tail.eq_ignore_ascii_case("s")
        || before.ends_with(['@', '#'])
        || text[word_start(text, span.start)..].starts_with(['@', '#'])
}

/// Where the word round this place begins, words being what lies between white space.
fn word_start(text: &str, at: usize) -> usize {
    let before = text[..at].char_indices().rev();
    let space = before.into_iter().find(|(_, c)| c.is_whitespace());
    space.map_or(0, |(place, c)| place + c.len_utf8())
}

/// Puts the marks in. Spans that do not fit the text are ignored, and those of others that overlap
/// one of the target; a mark that was in the text becomes a space.
fn mark(text: &str, target: &[Range<usize>], others: impl Iterator<Item = Range<usize>>) -> String {
    let fits = |span: &Range<usize>| !span.is_empty() && text.get(span.clone()).is_some();
    let apart = |span: &Range<usize>| {
        let meets = |own: &Range<usize>| own.start < span.end && span.start < own.end;
        !target.iter().any(meets)
    };
    let target = target.iter().filter(|span| fits(span));
    let mut marks: Vec<(usize, char)> = target
        .map(|span| (word_start(text, span.start), TARGET))
        .chain(
            others
                .filter(|span| fits(span) && apart(span))
                .map(|span| (word_start(text, span.start), OTHER)),
        )
        .collect();
    marks.sort_unstable();
    marks.dedup();
    let mut marked = String::with_capacity(text.len() + marks.len() * TARGET.len_utf8());
    let mut from = 0;
    for (at, mark) in marks {
        push_clean(&mut marked, &text[from..at]);
        marked.push(mark);
        from = at;
    }
    push_clean(&mut marked, &text[from..]);
    marked
}

fn push_clean(marked: &mut String, piece: &str) {
    let clean = |c| if matches!(c, TARGET | OTHER) { ' ' } else { c };
    marked.extend(piece.chars().map(clean));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::normalise;
    use proptest::prelude::*;

    #[test]
    fn every_line_of_the_golden_file_is_marked_as_in_training() {
        let golden = include_str!("../tests/golden/marked.jsonl");
        let mut lines = 0;
        for line in golden.lines() {
            let (text, target, others, marked): (String, String, Vec<String>, String) =
                serde_json::from_str(line).unwrap();
            let others = others.iter().map(String::as_str);
            let ours = normalise(&towards_name(&text, &target, others));
            assert_eq!(ours, marked, "{text:?} towards {target:?}");
            lines += 1;
        }
        assert!(lines > 20, "{lines}");
    }

    #[test]
    fn each_brand_of_an_item_is_marked_by_its_matches() {
        let text = "Skylark was great, Northwind lost my bag";
        let found = |brand: &str, spans: Vec<Range<usize>>| BrandMatch {
            brand: brand.into(),
            clause: brand.into(),
            spans,
        };
        let matches = [
            found("skylark", vec![Range { start: 0, end: 7 }]),
            found("northwind", vec![Range { start: 19, end: 28 }]),
            found("avia", vec![]),
        ];
        assert_eq!(
            towards(text, &matches, 1),
            "\u{e001}Skylark was great, \u{e000}Northwind lost my bag"
        );
        let by_author = towards(text, &matches, 2);
        assert_eq!(by_author.matches(OTHER).count(), 2);
        assert!(!by_author.contains(TARGET));
    }

    #[test]
    fn words_beside_the_name_that_made_a_clause_hold_are_not_marked() {
        let text = "my luggage is gone @SkylarkHelp, on the Bean St flight";
        let found = |brand: &str, spans: Vec<Range<usize>>| BrandMatch {
            brand: brand.into(),
            clause: "x NEAR/8 (flight OR luggage)".into(),
            spans,
        };
        let matches = [
            found("skylark", vec![3..10, 19..31]),
            found("bean-street", vec![40..47, 48..54]),
            found("acme", vec![Range { start: 3, end: 10 }]),
        ];
        assert_eq!(
            towards(text, &matches[..2], 0),
            "my luggage is gone \u{e000}@SkylarkHelp, on the \u{e001}Bean St flight"
        );
        assert_eq!(
            towards(text, &matches[2..], 0),
            "my \u{e000}luggage is gone @SkylarkHelp, on the Bean St flight",
            "nothing looks like the name, so all that was found counts"
        );
    }

    proptest! {
        #[test]
        fn marking_changes_nothing_but_marks_and_survives_any_span(
            text in "\\PC{0,20}|[ab @#\\n\u{e000}\u{e001}ü]{0,20}",
            spans in prop::collection::vec((0_usize..40, 0_usize..40), 0..6),
        ) {
            let spans: Vec<Range<usize>> = spans.into_iter().map(|(a, b)| a..b).collect();
            let half = spans.len() / 2;
            let marked = mark(&text, &spans[..half], spans[half..].iter().cloned());
            let clean = text.replace([TARGET, OTHER], " ");
            prop_assert_eq!(marked.replace([TARGET, OTHER], ""), clean);
        }
    }
}
