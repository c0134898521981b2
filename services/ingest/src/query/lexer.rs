//! Cuts a query into tokens.
//!
//! A bare word ends at white space, a parenthesis or a quote. Curly quotes count as straight
//! ones, because queries are pasted from documents that turned them.

use super::error::{QueryError, QueryErrorKind as Kind};
use std::ops::Range;

/// A token and its place in the query, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Range<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// `NEAR/3`; the text behind `NEAR`, still to be read.
    Near(String),
    /// `nike`, `#nike`, `=Nike`, `author:nike`: everything written without quotes.
    Bare(String),
    /// `"just do it"`, `="Apple Pay"`, `author:"Jane Doe"`: what stood before the quote and
    /// what stood inside.
    Quoted {
        before: String,
        text: String,
    },
}

const fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{201f}')
}

/// White space, and what is pasted along without being seen.
fn is_space(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}')
}

/// Cuts `query` into tokens; faults are added to `errors` and the rest is read on.
pub(super) fn tokens(query: &str, errors: &mut Vec<QueryError>) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = query[at..].chars().next() {
        let start = at;
        if is_space(c) {
            at += c.len_utf8();
            continue;
        }
        if c == '(' || c == ')' {
            at += 1;
            let kind = if c == '(' {
                TokenKind::Open
            } else {
                TokenKind::Close
            };
            tokens.push(Token {
                kind,
                span: start..at,
            });
            continue;
        }
        let bare = &query[at..at + bare_len(&query[at..])];
        at += bare.len();
        let quote_follows = query[at..].chars().next().is_some_and(is_quote);
        if quote_follows && opens_quote(bare) {
            let (text, end, closed) = quoted(query, at);
            if !closed {
                errors.push(QueryError::new(
                    Kind::UnclosedQuote,
                    at..at + query[at..].chars().next().map_or(0, char::len_utf8),
                    "a quote is never closed",
                    "add `\"` where the phrase ends",
                ));
            }
            at = end;
            let kind = TokenKind::Quoted {
                before: bare.to_owned(),
                text,
            };
            tokens.push(Token {
                kind,
                span: start..at,
            });
        } else {
            tokens.push(Token {
                kind: bare_kind(bare),
                span: start..at,
            });
        }
    }
    tokens
}

fn bare_len(text: &str) -> usize {
    text.find(|c| is_space(c) || c == '(' || c == ')' || is_quote(c))
        .unwrap_or(text.len())
}

/// Whether a quote right behind `bare` belongs to it, as in `="Apple Pay"`.
fn opens_quote(bare: &str) -> bool {
    bare.is_empty() || bare == "=" || bare.ends_with(':')
}

/// The text of a quoted phrase that opens at `at`, where it ends, and whether it was closed.
/// `\"` and `\\` stand for themselves.
fn quoted(query: &str, at: usize) -> (String, usize, bool) {
    let mut text = String::new();
    let mut chars = query[at..].char_indices().skip(1).peekable();
    while let Some((offset, c)) = chars.next() {
        if is_quote(c) {
            return (text, at + offset + c.len_utf8(), true);
        }
        match chars.peek() {
            Some(&(_, next)) if c == '\\' && (is_quote(next) || next == '\\') => {
                text.push(next);
                chars.next();
            }
            _ => text.push(c),
        }
    }
    (text, query.len(), false)
}

fn bare_kind(bare: &str) -> TokenKind {
    match bare {
        "AND" => TokenKind::And,
        "OR" => TokenKind::Or,
        "NOT" => TokenKind::Not,
        _ => match bare.strip_prefix("NEAR") {
            Some(rest) if rest.is_empty() || rest.starts_with(['/', '~', ':']) => {
                TokenKind::Near(rest.to_owned())
            }
            _ => TokenKind::Bare(bare.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(query: &str) -> Vec<TokenKind> {
        let mut errors = Vec::new();
        let found = tokens(query, &mut errors)
            .into_iter()
            .map(|token| token.kind)
            .collect();
        assert_eq!(errors, Vec::new());
        found
    }

    fn quoted_token(before: &str, text: &str) -> TokenKind {
        TokenKind::Quoted {
            before: before.into(),
            text: text.into(),
        }
    }

    #[test]
    fn operators_are_upper_case_and_words_are_anything_else() {
        let bare = |text: &str| TokenKind::Bare(text.into());
        assert_eq!(
            kinds("NOT(nike AND Not)"),
            [
                TokenKind::Not,
                TokenKind::Open,
                bare("nike"),
                TokenKind::And,
                bare("Not"),
                TokenKind::Close
            ]
        );
        assert_eq!(
            kinds("a NEAR/3 NEARBY"),
            [bare("a"), TokenKind::Near("/3".into()), bare("NEARBY")]
        );
    }

    #[test]
    fn quotes_may_be_curly_and_may_be_escaped() {
        assert_eq!(kinds("“just do it”"), [quoted_token("", "just do it")]);
        assert_eq!(
            kinds(r#""19\" wheel\\s""#),
            [quoted_token("", r#"19" wheel\s"#)]
        );
        assert_eq!(kinds(r#"="Apple Pay""#), [quoted_token("=", "Apple Pay")]);
        assert_eq!(
            kinds(r#"author:"Jane Doe""#),
            [quoted_token("author:", "Jane Doe")]
        );
    }

    #[test]
    fn an_unclosed_quote_is_reported_at_its_opening_and_read_to_the_end() {
        let mut errors = Vec::new();
        let found = tokens("nike \"just do", &mut errors);
        assert_eq!(found.len(), 2);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].span, 5..6);
    }
}
