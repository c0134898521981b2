//! Reads what binds closer than AND: NOT, NEAR, groups and operands.

use super::ast::{Near, Node, NodeKind, Term, TermKind};
use super::error::QueryErrorKind as Kind;
use super::lexer::TokenKind;
use super::parser::Parser;
use super::{MAX_DEPTH, MAX_DISTANCE, operand};
use std::ops::Range;

impl Parser<'_> {
    /// Called only where something that is neither AND, OR nor `)` stands.
    pub(super) fn unary(&mut self) -> Node {
        let first = self.at;
        let mut nots = 0;
        while self.peek_kind() == Some(&TokenKind::Not) {
            self.at += 1;
            nots += 1;
        }
        let operand_missing = matches!(
            self.peek_kind(),
            None | Some(TokenKind::And | TokenKind::Or | TokenKind::Close)
        );
        if nots > 0 && operand_missing {
            let span = self.tokens[self.at - 1].span.clone();
            self.missing("NOT", span, "right");
            return broken(self.span_since(first));
        }
        if nots + self.depth > MAX_DEPTH {
            self.too_deep(first);
            return broken(self.span_since(first));
        }
        let mut node = self.near();
        for not in (0..nots).rev() {
            node = Node {
                kind: NodeKind::Not(Box::new(node)),
                span: self.span_since(first + not),
            };
        }
        node
    }

    fn near(&mut self) -> Node {
        let first = self.at;
        let left = self.primary();
        let Some((distance, operator)) = self.take_near() else {
            return left;
        };
        if matches!(
            self.peek_kind(),
            None | Some(
                TokenKind::And
                    | TokenKind::Or
                    | TokenKind::Not
                    | TokenKind::Close
                    | TokenKind::Near(_)
            )
        ) {
            self.missing("NEAR", operator, "right");
            return broken(self.span_since(first));
        }
        let right = self.primary();
        let (left, right) = (self.terms(left), self.terms(right));
        if let Some((_, again)) = self.take_near() {
            let help = "join pairs instead: (a NEAR/3 b) AND (b NEAR/3 c)";
            self.fault(Kind::Near, again, "NEAR takes two sides", help);
            if !matches!(
                self.peek_kind(),
                None | Some(TokenKind::And | TokenKind::Or | TokenKind::Close)
            ) {
                self.unary();
            }
        }
        let near = Near {
            left,
            right,
            distance,
        };
        Node {
            kind: NodeKind::Near(near),
            span: self.span_since(first),
        }
    }

    /// Reads `NEAR/n` if it is next: the distance and where it stands.
    fn take_near(&mut self) -> Option<(u32, Range<usize>)> {
        let token = self.peek()?;
        let TokenKind::Near(distance) = &token.kind else {
            return None;
        };
        self.at += 1;
        let span = token.span.clone();
        let read = distance
            .strip_prefix('/')
            .and_then(|digits| digits.parse::<u32>().ok());
        if read.is_none_or(|distance| distance > MAX_DISTANCE) {
            let help =
                format!("write NEAR/5, the most words between the two, at most {MAX_DISTANCE}");
            self.fault(Kind::Near, span.clone(), "NEAR needs a distance", &help);
        }
        Some((read.unwrap_or_default(), span))
    }

    /// What NEAR can measure between: a term, or a choice of terms.
    fn terms(&mut self, node: Node) -> Vec<Term> {
        let span = node.span;
        let parts = match node.kind {
            NodeKind::Or(parts) => parts.into_iter().map(|part| part.kind).collect(),
            kind => vec![kind],
        };
        let mut terms = Vec::with_capacity(parts.len());
        for part in parts {
            let NodeKind::Term(term) = part else {
                let help = "put words, phrases, or (a OR b) on either side; join the rest with AND";
                self.fault(
                    Kind::Near,
                    span,
                    "NEAR works between words and phrases only",
                    help,
                );
                return terms;
            };
            terms.push(term);
        }
        terms
    }

    fn primary(&mut self) -> Node {
        let first = self.at;
        let Some(token) = self.peek() else {
            return broken(self.end..self.end);
        };
        let span = token.span.clone();
        self.at += 1;
        let read = match &token.kind {
            TokenKind::Open => return self.group(first),
            TokenKind::Bare(written) => operand::bare(written, &span),
            TokenKind::Quoted { before, text } => operand::quoted(before, text, &span),
            TokenKind::Near(_) => {
                self.missing("NEAR", span.clone(), "left");
                return broken(span);
            }
            // `unary` and `near` stop before these.
            TokenKind::And | TokenKind::Or | TokenKind::Not | TokenKind::Close => {
                return broken(span);
            }
        };
        match read {
            Ok(kind) => Node { kind, span },
            Err(error) => {
                self.errors.push(error);
                broken(span)
            }
        }
    }

    /// Reads what follows the `(` numbered `open`.
    fn group(&mut self, open: usize) -> Node {
        if self.depth >= MAX_DEPTH {
            self.too_deep(open);
            return broken(self.span_since(open));
        }
        self.depth += 1;
        let inner = self.or();
        self.depth -= 1;
        let opened = self.tokens[open].span.clone();
        if self.peek_kind() == Some(&TokenKind::Close) {
            self.at += 1;
            if inner.is_none() {
                let span = self.span_since(open);
                self.fault(
                    Kind::Parenthesis,
                    span,
                    "there is nothing between the parentheses",
                    "write what they group, or take them out",
                );
            }
        } else if self.at < self.tokens.len() || self.depth_is_reported() {
            // Reading was given up further in; one report is enough.
        } else {
            self.fault(
                Kind::Parenthesis,
                opened.clone(),
                "a parenthesis is never closed",
                "add `)` where the group ends",
            );
        }
        inner.unwrap_or_else(|| broken(opened))
    }

    fn depth_is_reported(&self) -> bool {
        self.errors.iter().any(|error| error.kind == Kind::TooDeep)
    }

    /// Reports the place and gives up on the rest, which may be as deep again.
    fn too_deep(&mut self, first: usize) {
        let span = self.tokens[first].span.clone();
        let message = format!("groups are nested deeper than {MAX_DEPTH}");
        self.fault(
            Kind::TooDeep,
            span,
            &message,
            "take out parentheses, or split the query into several brands",
        );
        self.at = self.tokens.len();
    }
}

/// An operand in place of one that cannot be read.
fn broken(span: Range<usize>) -> Node {
    let term = Term {
        kind: TermKind::Plain,
        text: String::new(),
        case_sensitive: false,
        prefix: false,
    };
    Node {
        kind: NodeKind::Term(term),
        span,
    }
}
