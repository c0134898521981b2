//! Which part of a text speaks about which brand.
//!
//! An item that names two brands is two mentions, each judged by itself. The model reads a text
//! and not a text about somebody, so each brand gets the part of the text that concerns it:
//!
//! | text (brands: Skylark, Northwind) | for Skylark | for Northwind |
//! |---|---|---|
//! | Skylark was great, Northwind lost my bag. Never again! | Skylark was great, | Northwind lost my bag. Never again! |
//! | While Skylark answers, Northwind is silent | While Skylark answers, | Northwind is silent |
//! | Love Skylark 😍 Northwind can go 😡 | Love Skylark 😍 | Northwind can go 😡 |
//! | Skylark and Northwind are both late | the whole text | the whole text |
//! | Skylark is better than Northwind | the whole text | the whole text |
//!
//! How: the text is cut into clauses, and each clause belongs to the brands named in it; a clause
//! that names none belongs to the brands named last, or, at the beginning, to those named first.
//! A brand gets its clauses, in order. If they say nothing beside the name, or the brand was found
//! by something else than its name (its author, its site), it gets the whole text, as it does when
//! it is the only brand.
//!
//! Clauses end after sentence punctuation, at a semicolon, a spaced dash, a line's end, after
//! emoji that follow a brand, and before a contrast (but, while, whereas, although, though,
//! however, unlike). A comma or an "and" ends one only where both sides name a brand and say
//! something: "Skylark was great and Northwind awful", but not "Skylark, Northwind and Avia are
//! late". The words are English; in other languages punctuation and emoji still cut.
//!
//! Limits: a comparison ("B is better than A", "B beats A", "unlike A, B answers") is one clause
//! for both, so both get the sentiment of its words, though one of the two gains what the other
//! loses. "Both" and "they" after two brands go to the one named last. Irony is not seen.

use hark_model::BrandMatch;
use std::borrow::Cow;
use std::ops::Range;

/// The part of the text that concerns each brand, in the order of the matches.
///
/// Every part is made of pieces of the text in their order, joined by a space where something was
/// left out, and is empty only if the text is. Spans that do not fit the text are ignored.
pub fn parts<'a>(text: &'a str, matches: &[BrandMatch]) -> Vec<Cow<'a, str>> {
    let spans: Vec<&[Range<usize>]> = matches.iter().map(|found| &found.spans[..]).collect();
    parts_of_spans(text, &spans)
}

/// [`parts`], for brands that are only known by where they are named.
pub(crate) fn parts_of_spans<'a>(text: &'a str, brands: &[&[Range<usize>]]) -> Vec<Cow<'a, str>> {
    if brands.len() < 2 {
        return brands.iter().map(|_| Cow::Borrowed(text)).collect();
    }
    let mut names: Vec<Name> = Vec::new();
    for (brand, spans) in brands.iter().enumerate() {
        let fitting = spans
            .iter()
            .filter(|at| !at.is_empty() && text.get((*at).clone()).is_some());
        names.extend(fitting.map(|at| Name {
            at: at.clone(),
            brand,
        }));
    }
    names.sort_by_key(|name| (name.at.start, name.at.end));
    let clauses = clauses(text, &names);
    let owners = owners(&clauses, &names);
    (0..brands.len())
        .map(|brand| {
            let own: Vec<Range<usize>> = clauses
                .iter()
                .zip(&owners)
                .filter(|(_, owners)| owners.contains(&brand))
                .map(|(clause, _)| clause.clone())
                .collect();
            let speaks = own
                .iter()
                .any(|clause| says_something(text, clause, &names));
            if speaks && own.len() < clauses.len() {
                Cow::Owned(join(text, &own))
            } else {
                Cow::Borrowed(text)
            }
        })
        .collect()
}

/// Where a brand is named.
struct Name {
    at: Range<usize>,
    brand: usize,
}

/// Words before which a clause ends.
const CONTRASTS: [&str; 7] = [
    "but", "while", "whereas", "although", "though", "however", "unlike",
];

/// Words that say nothing by themselves.
const CONNECTORS: [&str; 16] = [
    "but", "while", "whereas", "although", "though", "however", "unlike", "and", "or", "than",
    "vs", "versus", "with", "to", "from", "the",
];

/// Words whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 12] = [
    "vs", "mr", "mrs", "ms", "dr", "st", "inc", "ltd", "co", "e.g", "i.e", "approx",
];

/// The clauses of a text: consecutive ranges that cover it. None ends inside a name.
fn clauses(text: &str, names: &[Name]) -> Vec<Range<usize>> {
    let (mut strong, weak) = boundaries(text, names);
    let inside = |at: usize| {
        names
            .iter()
            .any(|name| name.at.start < at && at < name.at.end)
    };
    strong.retain(|at| !inside(*at));
    strong.push(text.len());
    strong.sort_unstable();
    strong.dedup();
    let mut clauses = Vec::new();
    let mut start = 0;
    for end in strong {
        for at in weak.iter().copied() {
            let candidate = start < at && at < end && !inside(at);
            if candidate && parts_brands(text, start..at, at..end, names) {
                clauses.push(start..at);
                start = at;
            }
        }
        if start < end {
            clauses.push(start..end);
        }
        start = end;
    }
    clauses
}

/// Whether a comma or an "and" has a brand with something said of it on both sides. Two names with
/// nothing between them are a list.
fn parts_brands(text: &str, left: Range<usize>, right: Range<usize>, names: &[Name]) -> bool {
    let within =
        |side: &Range<usize>, name: &&Name| side.start <= name.at.start && name.at.end <= side.end;
    let Some(last) = names
        .iter()
        .filter(|name| within(&left, name))
        .map(|n| n.at.end)
        .max()
    else {
        return false;
    };
    let Some(next) = names.iter().find(|name| within(&right, name)) else {
        return false;
    };
    says_something(text, &(last..next.at.start), names)
        && says_something(text, &left, names)
        && says_something(text, &right, names)
}

/// Byte positions where a clause ends for certain, and where it may.
fn boundaries(text: &str, names: &[Name]) -> (Vec<usize>, Vec<usize>) {
    let (mut strong, mut weak) = (Vec::new(), Vec::new());
    for (at, word) in words(text) {
        let word = word.to_lowercase();
        if CONTRASTS.contains(&word.as_str()) {
            strong.push(at);
        } else if word == "and" {
            weak.push(at);
        }
    }
    // Where the last emoji ended.
    let mut emoji_end = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        let next = characters.peek().map(|(_, next)| *next);
        let ends_word = next.is_none_or(char::is_whitespace);
        match character {
            '\n' | '\r' | '。' | '！' | '？' | ';' => strong.push(end),
            '.' if ends_word && !abbreviated(&text[..at]) => strong.push(end),
            '!' | '?' | '…' if ends_word => strong.push(end),
            '"' | '\'' | ')' | '”' | '’' if ends_word && text[..at].ends_with(['.', '!', '?']) =>
            {
                strong.push(end);
            }
            '-' | '–' if ends_word && text[..at].ends_with(char::is_whitespace) => {
                strong.push(end);
            }
            '—' => strong.push(end),
            ',' if ends_word => weak.push(end),
            _ => {}
        }
        if is_emoji(character) {
            emoji_end = Some(end);
        } else if !character.is_whitespace()
            && let Some(emoji) = emoji_end.take()
        {
            // "I ❤ Skylark": emoji before any name are part of what is said.
            let start = strong
                .iter()
                .copied()
                .filter(|cut| *cut < emoji)
                .max()
                .unwrap_or(0);
            if names
                .iter()
                .any(|name| start <= name.at.start && name.at.end <= emoji)
            {
                strong.push(emoji);
            }
        }
    }
    // White space belongs to the clause it ends.
    let after_space = |at: usize| text.len() - text[at..].trim_start().len();
    strong
        .iter_mut()
        .chain(&mut weak)
        .for_each(|at| *at = after_space(*at));
    weak.sort_unstable();
    (strong, weak)
}

/// Whether the full stop after this text belongs to an abbreviation.
fn abbreviated(before: &str) -> bool {
    let word = before
        .rsplit(char::is_whitespace)
        .next()
        .unwrap_or_default();
    let word = word
        .trim_start_matches(|c: char| !c.is_alphanumeric())
        .to_lowercase();
    ABBREVIATIONS.contains(&word.as_str())
}

/// The words of a text with their positions, without what is not a letter or digit round them.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().filter_map(|word| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        // A part of the text: its place is the distance of the two beginnings.
        let at = word.as_ptr() as usize - text.as_ptr() as usize;
        (!word.is_empty()).then_some((at, word))
    })
}

/// The brands each clause belongs to.
fn owners(clauses: &[Range<usize>], names: &[Name]) -> Vec<Vec<usize>> {
    let named = |clause: &Range<usize>| -> Vec<usize> {
        let inside = names
            .iter()
            .filter(|n| n.at.start < clause.end && clause.start < n.at.end);
        inside.map(|name| name.brand).collect()
    };
    let mut owners: Vec<Vec<usize>> = clauses.iter().map(named).collect();
    let mut last = owners
        .iter()
        .find(|brands| !brands.is_empty())
        .cloned()
        .unwrap_or_default();
    for brands in &mut owners {
        if brands.is_empty() {
            brands.clone_from(&last);
        } else {
            last.clone_from(brands);
        }
    }
    owners
}

/// Whether there is a word beside names and connectors, or an emoji.
fn says_something(text: &str, clause: &Range<usize>, names: &[Name]) -> bool {
    let piece = &text[clause.clone()];
    let named = |at: usize, length: usize| {
        let (start, end) = (clause.start + at, clause.start + at + length);
        names
            .iter()
            .any(|name| name.at.start < end && start < name.at.end)
    };
    piece.chars().any(is_emoji)
        || words(piece).any(|(at, word)| {
            !named(at, word.len()) && !CONNECTORS.contains(&word.to_lowercase().as_str())
        })
}

/// The clauses' text; those that follow each other directly stay as they were.
fn join(text: &str, clauses: &[Range<usize>]) -> String {
    let mut joined = String::new();
    let mut end = None;
    for clause in clauses {
        if end.is_some_and(|end| end != clause.start) && !joined.ends_with(char::is_whitespace) {
            joined.push(' ');
        }
        joined.push_str(&text[clause.clone()]);
        end = Some(clause.end);
    }
    joined.truncate(joined.trim_end().len());
    joined
}

/// Pictographs, their joiners and variation selectors: near enough to cut after them.
fn is_emoji(character: char) -> bool {
    matches!(character,
        '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2300}'..='\u{23ff}'
        | '\u{2b50}' | '\u{2b55}' | '\u{200d}' | '\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The parts for Skylark, Northwind and Avia, as far as the text names them.
    fn parts_of(text: &str) -> Vec<String> {
        let matches: Vec<BrandMatch> = ["Skylark", "Northwind", "Avia"]
            .into_iter()
            .map(|brand| BrandMatch {
                brand: brand.into(),
                clause: brand.into(),
                spans: text
                    .match_indices(brand)
                    .map(|(at, _)| at..at + brand.len())
                    .collect(),
            })
            .filter(|found| !found.spans.is_empty())
            .collect();
        parts(text, &matches)
            .iter()
            .map(|part| part.trim().to_owned())
            .collect()
    }

    #[track_caller]
    fn divides(text: &str, skylark: &str, northwind: &str) {
        assert_eq!(parts_of(text), [skylark, northwind], "{text}");
    }

    #[track_caller]
    fn stays_whole(text: &str) {
        assert!(
            parts_of(text).iter().all(|part| part == text),
            "{text}: {:?}",
            parts_of(text)
        );
    }

    #[test]
    fn one_brand_alone_gets_the_whole_text() {
        stays_whole("Skylark was fine. But the bus was late; never again.");
    }

    #[test]
    fn each_sentence_goes_to_the_brand_it_names() {
        divides(
            "Skylark was great. Northwind lost my bag!",
            "Skylark was great.",
            "Northwind lost my bag!",
        );
    }

    #[test]
    fn a_sentence_without_a_brand_goes_to_the_one_named_last() {
        divides(
            "Northwind lost my bag. Nobody answers. Skylark found it in an hour. Thank you!",
            "Skylark found it in an hour. Thank you!",
            "Northwind lost my bag. Nobody answers.",
        );
    }

    #[test]
    fn a_beginning_without_a_brand_goes_to_the_one_named_first() {
        divides(
            "Worst week ever. Northwind lost my bag. Skylark saved me.",
            "Skylark saved me.",
            "Worst week ever. Northwind lost my bag.",
        );
    }

    #[test]
    fn a_brand_named_twice_gets_both_pieces_in_order() {
        divides(
            "Skylark is fast. Northwind is slow. Skylark is cheap too.",
            "Skylark is fast. Skylark is cheap too.",
            "Northwind is slow.",
        );
    }

    #[test]
    fn a_contrast_ends_a_clause() {
        divides(
            "Skylark answers but Northwind never does",
            "Skylark answers",
            "but Northwind never does",
        );
        divides(
            "While Skylark answers, Northwind is silent",
            "While Skylark answers,",
            "Northwind is silent",
        );
        divides(
            "Northwind lost my bag whereas Skylark rocks",
            "whereas Skylark rocks",
            "Northwind lost my bag",
        );
    }

    #[test]
    fn a_comma_or_an_and_divides_only_what_is_said_of_two_brands() {
        divides(
            "Skylark was great, Northwind lost my bag",
            "Skylark was great,",
            "Northwind lost my bag",
        );
        divides(
            "Skylark was great and Northwind awful",
            "Skylark was great",
            "and Northwind awful",
        );
        stays_whole("Skylark and Northwind are both late");
        stays_whole("Terrible: Skylark, Northwind and Avia are late again");
    }

    #[test]
    fn emoji_after_a_brand_end_its_clause_and_emoji_before_one_do_not() {
        divides(
            "Love Skylark 😍 Northwind can go 😡",
            "Love Skylark 😍",
            "Northwind can go 😡",
        );
        divides(
            "Northwind lost my bag but I ❤️ Skylark",
            "but I ❤️ Skylark",
            "Northwind lost my bag",
        );
    }

    #[test]
    fn lines_semicolons_and_dashes_divide() {
        divides(
            "Skylark: on time\nNorthwind: cancelled",
            "Skylark: on time",
            "Northwind: cancelled",
        );
        divides(
            "Skylark on time; Northwind cancelled",
            "Skylark on time;",
            "Northwind cancelled",
        );
        divides(
            "Skylark on time - Northwind cancelled",
            "Skylark on time -",
            "Northwind cancelled",
        );
    }

    #[test]
    fn a_comparison_stays_whole_for_both() {
        stays_whole("Skylark is so much better than Northwind");
        stays_whole("Skylark vs. Northwind: who is late more often?");
        stays_whole("Unlike Skylark, Northwind answers");
    }

    #[test]
    fn a_brand_of_which_nothing_is_said_gets_the_whole_text() {
        let parts = parts_of("Northwind lost my bag again! @Skylark");
        assert_eq!(
            parts,
            [
                "Northwind lost my bag again! @Skylark",
                "Northwind lost my bag again!"
            ]
        );
    }

    #[test]
    fn a_brand_found_by_its_author_gets_the_whole_text() {
        let text = "Skylark is great. Northwind is not.";
        let found = |brand: &str, spans: Vec<Range<usize>>| BrandMatch {
            brand: brand.into(),
            clause: "author:x".into(),
            spans,
        };
        let parts = parts(
            text,
            &[
                found("skylark", std::iter::once(0..7).collect()),
                found("avia", vec![]),
            ],
        );
        assert_eq!(parts[1], text);
    }

    #[test]
    fn a_full_stop_inside_a_name_or_an_abbreviation_ends_nothing() {
        let text = "Dr. Sky rocks, Mr. North lost 4.5 bags.";
        let spans = [0..7, 15..24];
        let parts = parts_of_spans(text, &[&spans[..1], &spans[1..]]);
        assert_eq!(parts, ["Dr. Sky rocks,", "Mr. North lost 4.5 bags."]);
    }

    fn any_text() -> impl Strategy<Value = String> {
        prop::collection::vec(
            prop::sample::select(vec![
                "Skylark",
                "Northwind",
                "Avia",
                "great",
                "but",
                "and",
                "lost",
                "I ❤️",
                "😡",
                ".",
                "! ",
                ", ",
                "; ",
                "\n",
                " - ",
                "than",
                "ü",
                "日本。",
                "\u{200d}",
                " ",
                "  ",
            ]),
            0..24,
        )
        .prop_map(|pieces| pieces.join(" "))
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_its_pieces_lie_in_the_text_in_order(text in any_text()) {
            for part in parts_of(&text) {
                prop_assert_eq!(part.is_empty(), text.trim().is_empty());
                let mut from = 0;
                for word in part.split_whitespace() {
                    let at = text[from..].find(word);
                    prop_assert!(at.is_some(), "{:?} of {:?}", word, text);
                    from += at.unwrap_or(0) + word.len();
                }
            }
        }

        #[test]
        fn clauses_cover_the_text(text in any_text()) {
            let covered: String = clauses(&text, &[]).into_iter().map(|at| &text[at]).collect();
            prop_assert_eq!(covered, text);
        }

        #[test]
        fn spans_that_do_not_fit_are_survived(
            text in "\\PC{0,20}", spans in prop::collection::vec((0_usize..40, 0_usize..40), 0..6),
        ) {
            let spans: Vec<Range<usize>> = spans.into_iter().map(|(a, b)| a..b).collect();
            let half = spans.len() / 2;
            for part in parts_of_spans(&text, &[&spans[..half], &spans[half..]]) {
                prop_assert_eq!(part.is_empty(), text.is_empty());
            }
        }
    }
}
