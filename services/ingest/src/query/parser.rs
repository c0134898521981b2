//! From tokens to a tree, reporting every fault on the way.
//!
//! ```text
//! or      = and { OR and }
//! and     = unary { [AND] unary }
//! unary   = NOT unary | near
//! near    = primary [ NEAR/n primary ]
//! primary = ( or ) | word | "phrase" | #hashtag | @handle | field:value
//! ```
//!
//! What binds closer than AND is read in [`super::parser_unary`].
//!
//! After a fault an operand that says nothing takes the place of the broken one, so that the
//! rest is still checked; such a tree is never handed out.

use super::ast::{Node, NodeKind};
use super::error::{QueryError, QueryErrorKind as Kind};
use super::lexer::{Token, TokenKind};
use std::ops::Range;

pub(super) struct Parser<'a> {
    pub(super) tokens: &'a [Token],
    pub(super) at: usize,
    /// The end of the query, in bytes, where something may be missing.
    pub(super) end: usize,
    pub(super) depth: usize,
    pub(super) errors: &'a mut Vec<QueryError>,
}

/// Reads all of `tokens`. `None` when there are none.
pub(super) fn parse(tokens: &[Token], end: usize, errors: &mut Vec<QueryError>) -> Option<Node> {
    let mut parser = Parser {
        tokens,
        at: 0,
        end,
        depth: 0,
        errors,
    };
    let mut root = parser.or();
    while let Some(token) = parser.peek() {
        // Only a parenthesis that closes nothing stops the grammar before the end.
        let span = token.span.clone();
        parser.fault(
            Kind::Parenthesis,
            span,
            "a parenthesis closes nothing",
            "take it out, or open one before it",
        );
        parser.at += 1;
        root = root.or(parser.or());
    }
    root
}

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn peek_kind(&self) -> Option<&'a TokenKind> {
        self.peek().map(|token| &token.kind)
    }

    pub(super) fn fault(&mut self, kind: Kind, span: Range<usize>, message: &str, help: &str) {
        self.errors.push(QueryError::new(kind, span, message, help));
    }

    pub(super) fn missing(&mut self, operator: &str, span: Range<usize>, side: &str) {
        let message = format!("{operator} has nothing on its {side}");
        let help = format!("write what it works on, or \"{operator}\" to look for the word");
        self.fault(Kind::MissingOperand, span, &message, &help);
    }

    /// From the token numbered `first` to the last one read, parentheses included.
    pub(super) fn span_since(&self, first: usize) -> Range<usize> {
        let last = self.at.saturating_sub(1).max(first);
        let start = self
            .tokens
            .get(first)
            .map_or(self.end, |token| token.span.start);
        start
            ..self
                .tokens
                .get(last)
                .map_or(self.end, |token| token.span.end)
    }

    pub(super) fn or(&mut self) -> Option<Node> {
        let first = self.at;
        let mut parts = Vec::new();
        let mut operator: Option<Range<usize>> = None;
        loop {
            let part = self.and();
            let found = part.is_some();
            parts.extend(part);
            let next = match self.peek() {
                Some(token) if token.kind == TokenKind::Or => Some(token.span.clone()),
                _ => None,
            };
            match (found, operator.take(), &next) {
                (false, Some(span), _) => self.missing("OR", span, "right"),
                (false, None, Some(span)) => self.missing("OR", span.clone(), "left"),
                _ => {}
            }
            if next.is_none() {
                break;
            }
            operator = next;
            self.at += 1;
        }
        let flat = |kind: NodeKind| match kind {
            NodeKind::Or(inner) => Ok(inner),
            other => Err(other),
        };
        join(parts, self.span_since(first), flat, NodeKind::Or)
    }

    fn and(&mut self) -> Option<Node> {
        let first = self.at;
        let mut parts: Vec<Node> = Vec::new();
        let mut operator: Option<Range<usize>> = None;
        while let Some(token) = self.peek() {
            match token.kind {
                TokenKind::Or | TokenKind::Close => break,
                TokenKind::And => {
                    if parts.is_empty() || operator.is_some() {
                        self.missing("AND", token.span.clone(), "left");
                    }
                    operator = Some(token.span.clone());
                    self.at += 1;
                }
                _ => {
                    operator = None;
                    let part = self.unary();
                    parts.push(part);
                }
            }
        }
        if let Some(span) = operator {
            self.missing("AND", span, "right");
        }
        let flat = |kind: NodeKind| match kind {
            NodeKind::And(inner) => Ok(inner),
            other => Err(other),
        };
        join(parts, self.span_since(first), flat, NodeKind::And)
    }
}

/// One part stands for itself; several are joined, and parts of the same kind are taken in.
fn join(
    mut parts: Vec<Node>,
    span: Range<usize>,
    flat: impl Fn(NodeKind) -> Result<Vec<Node>, NodeKind>,
    joined: impl Fn(Vec<Node>) -> NodeKind,
) -> Option<Node> {
    if parts.len() < 2 {
        return parts.pop();
    }
    let mut all = Vec::with_capacity(parts.len());
    for part in parts {
        match flat(part.kind) {
            Ok(inner) => all.extend(inner),
            Err(kind) => all.push(Node {
                kind,
                span: part.span,
            }),
        }
    }
    Some(Node {
        kind: joined(all),
        span,
    })
}
