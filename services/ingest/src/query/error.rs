//! What is wrong with a query, where, and what to do about it.

use std::fmt::Write as _;
use std::ops::Range;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// One fault of a query. The fault is always the query's author's to mend; retrying never helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {help}")]
pub struct QueryError {
    /// What kind of fault it is.
    pub kind: QueryErrorKind,
    /// Where it is: a byte range of the query, on character boundaries. Empty at the end of the
    /// query, where something is missing.
    pub span: Range<usize>,
    /// What is wrong, in lower case.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// The kinds of fault; a bounded set, fit for a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QueryErrorKind {
    /// There is nothing to look for.
    Empty,
    /// The query is longer than [`super::MAX_QUERY_BYTES`].
    TooLong,
    /// Expressions are nested deeper than [`super::MAX_DEPTH`].
    TooDeep,
    /// A quote that is never closed.
    UnclosedQuote,
    /// A parenthesis without its partner, or with nothing inside.
    Parenthesis,
    /// An operator with nothing to work on.
    MissingOperand,
    /// A word that looks like an operator of this or another search language.
    UnknownOperator,
    /// A `*` where none can be.
    Wildcard,
    /// A `field:` that does not exist, or a value it cannot have.
    Field,
    /// A `NEAR` without a distance, or between things that are not words.
    Near,
    /// Something that can never match.
    Unmatchable,
    /// The query, or an alternative of it, would match nearly everything.
    TooWide,
}

impl QueryErrorKind {
    /// The kind as a label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLong => "too_long",
            Self::TooDeep => "too_deep",
            Self::UnclosedQuote => "unclosed_quote",
            Self::Parenthesis => "parenthesis",
            Self::MissingOperand => "missing_operand",
            Self::UnknownOperator => "unknown_operator",
            Self::Wildcard => "wildcard",
            Self::Field => "field",
            Self::Near => "near",
            Self::Unmatchable => "unmatchable",
            Self::TooWide => "too_wide",
        }
    }
}

/// Columns of the query shown on either side of a fault in a long line.
const CONTEXT: usize = 60;

impl QueryError {
    pub(super) fn new(
        kind: QueryErrorKind,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            span,
            message: message.into(),
            help: help.into(),
        }
    }

    /// The fault with the line it is in and carets under the place, for a terminal with a
    /// fixed-width font. `query` is the text that was parsed.
    ///
    /// ```text
    /// error: a parenthesis is never closed
    ///   | nike AND (shoes OR boots
    ///   |          ^
    ///   = help: add `)` where the group ends
    /// ```
    pub fn render(&self, query: &str) -> String {
        let start = floor(query, self.span.start);
        let end = floor(query, self.span.end).max(start);
        let line_start = query[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = query[start..]
            .find('\n')
            .map_or(query.len(), |at| start + at);
        let end = end.min(line_end);

        let (before, cut_left) = last_columns(&query[line_start..start], CONTEXT);
        let (marked, cut_marked) = first_columns(&query[start..end], CONTEXT);
        let rest = if cut_marked {
            ""
        } else {
            &query[end..line_end]
        };
        let (after, cut_after) = first_columns(rest, CONTEXT);

        let before = printable(before);
        let marked = printable(marked);
        let left = if cut_left { "…" } else { "" };
        let right = if cut_marked || cut_after { "…" } else { "" };
        let indent = left.width() + before.width();
        // Where something is missing there is no text to underline, but there is a place.
        let carets = marked.width().max(1);
        let place = match query[..start].matches('\n').count() {
            0 => String::new(),
            lines => format!(" (line {})", lines + 1),
        };

        let mut shown = String::new();
        let _ = writeln!(shown, "error: {}{place}", self.message);
        let _ = writeln!(
            shown,
            "  | {left}{before}{marked}{}{right}",
            printable(after)
        );
        let _ = writeln!(shown, "  | {}{}", " ".repeat(indent), "^".repeat(carets));
        let _ = write!(shown, "  = help: {}", self.help);
        shown
    }
}

/// All faults of a query, rendered one after the other.
pub fn render_errors(query: &str, errors: &[QueryError]) -> String {
    let rendered: Vec<String> = errors.iter().map(|error| error.render(query)).collect();
    rendered.join("\n\n")
}

/// The nearest character boundary at or before `at`, so that a stale span cannot panic.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Control characters would move the cursor and the caret would point at something else.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn first_columns(text: &str, columns: usize) -> (&str, bool) {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or(1);
        if used > columns {
            return (&text[..at], true);
        }
    }
    (text, false)
}

fn last_columns(text: &str, columns: usize) -> (&str, bool) {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(1);
        if used > columns {
            return (&text[at + c.len_utf8()..], true);
        }
    }
    (text, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caret_line(query: &str, span: Range<usize>) -> String {
        let error = QueryError::new(QueryErrorKind::Empty, span, "m", "h");
        error
            .render(query)
            .lines()
            .nth(2)
            .expect("there is a caret line")
            .to_owned()
    }

    #[test]
    fn the_caret_stands_under_the_character_it_means_after_wide_ones() {
        // 寿司 is four columns wide and six bytes long.
        assert_eq!(caret_line("寿司 foo:x", 7..12), "  |      ^^^^^");
        assert_eq!(caret_line("é foo:x", 3..6), "  |   ^^^");
        assert_eq!(caret_line("🇩🇪 x", 9..10), "  |    ^");
    }

    #[test]
    fn a_fault_at_the_end_is_pointed_at_behind_the_last_character() {
        assert_eq!(caret_line("a AND", 5..5), "  |      ^");
    }

    #[test]
    fn a_fault_in_a_later_line_shows_that_line_and_its_number() {
        let error = QueryError::new(QueryErrorKind::Field, 5..8, "m", "h");
        let shown = error.render("nike\nfoo OR x");
        assert_eq!(
            shown,
            "error: m (line 2)\n  | foo OR x\n  | ^^^\n  = help: h"
        );
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let query = format!("{} BAD {}", "a".repeat(500), "b".repeat(500));
        let shown = QueryError::new(QueryErrorKind::Field, 501..504, "m", "h").render(&query);
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[1].width() < 140, "{shown}");
        let caret = lines[2].find('^').expect("a caret");
        let columns: String = lines[1].chars().skip(caret).take(3).collect();
        assert_eq!(columns, "BAD");
    }

    #[test]
    fn a_span_outside_the_query_does_not_panic() {
        caret_line("é", 1..900);
    }
}
