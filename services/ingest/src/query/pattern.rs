//! A term, made ready to be looked for.
//!
//! The automaton finds one piece of a term, its longest; the rest is checked around it here.

use super::ast::{Term, TermKind};
use super::chars::{MAX_GAP, is_gap, is_glue, is_regional_indicator, is_unspaced, separates_terms};
use super::fold::{Folded, folded, folded_but_case};
use std::ops::Range;

/// The text being searched, folded and as it is.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) folded: &'a Folded,
    pub(super) original: &'a str,
    /// Whether there is any `@` in it; nearly always there is none.
    pub(super) has_at: bool,
}

/// A compiled term. Two terms that find the same things are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    kind: TermKind,
    prefix: bool,
    /// The words of the term, sigil included.
    pieces: Vec<Piece>,
    /// The piece the automaton looks for.
    anchor: usize,
    /// A letter beside this end would make it part of a longer word.
    glued_start: bool,
    glued_end: bool,
    starts_flag: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Piece {
    folded: String,
    /// As written, for a case-sensitive term.
    exact: Option<String>,
}

/// The most bytes a handle is followed backwards; the longest domain name is as long.
const MAX_HANDLE: usize = 253;

impl Pattern {
    pub(super) fn new(term: &Term) -> Self {
        let piece = |text: &str| Piece {
            folded: folded(text),
            exact: term.case_sensitive.then(|| folded_but_case(text).collect()),
        };
        let pieces: Vec<Piece> = match term.kind {
            TermKind::Hashtag => vec![piece(&format!("#{}", term.text))],
            TermKind::Handle => vec![piece(&format!("@{}", term.text))],
            TermKind::Plain => term
                .text
                .split(separates_terms)
                .map(piece)
                .filter(|piece| !piece.folded.is_empty())
                .collect(),
        };
        let lengths = pieces.iter().map(|piece| piece.folded.len());
        let anchor = lengths
            .enumerate()
            .max_by_key(|(_, length)| *length)
            .map_or(0, |(at, _)| at);
        let first = pieces.first().and_then(|piece| piece.folded.chars().next());
        let last = pieces
            .last()
            .and_then(|piece| piece.folded.chars().next_back());
        Self {
            kind: term.kind,
            prefix: term.prefix,
            anchor,
            glued_start: term.kind != TermKind::Plain || first.is_some_and(is_glue),
            glued_end: last.is_some_and(is_glue),
            starts_flag: first.is_some_and(is_regional_indicator),
            pieces,
        }
    }

    /// The text to look for, folded.
    pub(super) fn anchor(&self) -> &str {
        self.pieces
            .get(self.anchor)
            .map_or("", |piece| &piece.folded)
    }

    /// The whole match around a place where the anchor was found, in bytes of the folded text.
    pub(super) fn around(&self, text: &Text<'_>, found: Range<usize>) -> Option<Range<usize>> {
        let folded = text.folded.text();
        let (before, from_anchor) = self.pieces.split_at(self.anchor);
        let (anchor, after) = from_anchor.split_first()?;
        if !has_case(anchor, text, &found) {
            return None;
        }
        let (mut start, mut end) = (found.start, found.end);
        for piece in before.iter().rev() {
            start = piece_before(folded, start, piece)?;
            if !has_case(piece, text, &(start..start + piece.folded.len())) {
                return None;
            }
        }
        for piece in after {
            end = piece_after(folded, end, piece)?;
            if !has_case(piece, text, &(end - piece.folded.len()..end)) {
                return None;
            }
        }
        if self.glued_start && char_before(folded, start).is_some_and(is_glue) {
            return None;
        }
        if self.glued_end && char_after(folded, end).is_some_and(is_glue) {
            if !self.prefix {
                return None;
            }
            let rest = &folded[end..];
            end += rest.find(|c| !is_glue(c)).unwrap_or(rest.len());
        }
        let whole = match self.kind {
            TermKind::Plain => !(text.has_at && is_in_handle(folded, start)),
            TermKind::Hashtag => true,
            TermKind::Handle => self.prefix || !continues_handle(folded, end),
        };
        let apart = !self.starts_flag || is_between_flags(folded, start);
        (whole && apart).then_some(start..end)
    }
}

fn char_before(text: &str, at: usize) -> Option<char> {
    match text.as_bytes()[..at].last() {
        Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
        Some(_) => text[..at].chars().next_back(),
        None => None,
    }
}

fn char_after(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
        Some(_) => text[at..].chars().next(),
        None => None,
    }
}

fn has_case(piece: &Piece, text: &Text<'_>, found: &Range<usize>) -> bool {
    let Some(exact) = &piece.exact else {
        return true;
    };
    let original = text.folded.original(found.start)..text.folded.original(found.end);
    folded_but_case(&text.original[original]).eq(exact.chars())
}

/// Where `piece` starts, if it stands before `end` with a gap between.
fn piece_before(text: &str, end: usize, piece: &Piece) -> Option<usize> {
    let next = char_after(text, end)?;
    let mut at = end;
    for gap in 0..=MAX_GAP {
        let near_enough = gap > 0 || touches(piece.folded.chars().next_back(), Some(next));
        if near_enough && text[..at].ends_with(&piece.folded) {
            return Some(at - piece.folded.len());
        }
        let c = char_before(text, at).filter(|c| is_gap(*c))?;
        at -= c.len_utf8();
    }
    None
}

/// Where `piece` ends, if it stands after `start` with a gap between.
fn piece_after(text: &str, start: usize, piece: &Piece) -> Option<usize> {
    let last = char_before(text, start);
    let mut at = start;
    for gap in 0..=MAX_GAP {
        let near_enough = gap > 0 || touches(last, piece.folded.chars().next());
        if near_enough && text[at..].starts_with(&piece.folded) {
            return Some(at + piece.folded.len());
        }
        let c = char_after(text, at).filter(|c| is_gap(*c))?;
        at += c.len_utf8();
    }
    None
}

/// Whether two words may follow each other with nothing between.
fn touches(left: Option<char>, right: Option<char>) -> bool {
    left.is_some_and(is_unspaced) || right.is_some_and(is_unspaced)
}

/// Whether what starts at `at` belongs to an `@name` that started before.
fn is_in_handle(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    if bytes[..at].last() == Some(&b'@') {
        return true;
    }
    if !bytes.get(at).is_some_and(u8::is_ascii) {
        // Handles are ASCII, and Japanese goes on right behind one.
        return false;
    }
    let in_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let from = at.saturating_sub(MAX_HANDLE);
    let stop = bytes[from..at]
        .iter()
        .rposition(|b| !(in_name(*b) || matches!(b, b'.' | b'-')));
    let sign = stop
        .map(|stop| from + stop)
        .filter(|sign| bytes[*sign] == b'@');
    // A name does not begin with a hyphen or a dot.
    sign.is_some_and(|sign| in_name(bytes[sign + 1]))
}

/// Whether a handle goes on behind `at`: `@nike` is not `@nike-fans.bsky.social`, but it is what
/// `@nike-everyone` speaks to. Hyphens are part of handles only where those are domain names.
fn continues_handle(text: &str, at: usize) -> bool {
    let Some(rest) = text[at..].strip_prefix('-') else {
        return false;
    };
    let in_domain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let domain: Vec<u8> = rest
        .bytes()
        .take(MAX_HANDLE)
        .take_while(in_domain)
        .collect();
    domain
        .windows(2)
        .any(|pair| pair[0] == b'.' && pair[1].is_ascii_alphabetic())
}

/// Flags are pairs of letters: 🇪🇺 must not be found across the two flags of 🇩🇪🇺🇸.
fn is_between_flags(text: &str, at: usize) -> bool {
    let letters = text[..at]
        .chars()
        .rev()
        .take_while(|c| is_regional_indicator(*c))
        .count();
    letters.is_multiple_of(2)
}
