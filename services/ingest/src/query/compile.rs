//! From a query's tree to numbers, and to the names it cannot match without.

use super::ast::{Node, NodeKind, Term};
use super::eval::{Clause, Compiled, Reason, TermId};
use super::fold::folded;
use super::pattern::Pattern;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// The longest clause kept as evidence, in bytes: it is written with every match.
const MAX_CLAUSE_BYTES: usize = 512;

/// Gives equal things the same number.
#[derive(Debug)]
pub(super) struct Numbers<T> {
    pub(super) of: HashMap<T, u32>,
}

impl<T: Hash + Eq> Numbers<T> {
    fn number(&mut self, value: T) -> u32 {
        let next = self.of.len() as u32;
        *self.of.entry(value).or_insert(next)
    }
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { of: HashMap::new() }
    }
}

/// Everything named in the queries of a set.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) terms: Numbers<Pattern>,
    pub(super) authors: Numbers<String>,
    pub(super) sites: Numbers<String>,
    /// By term: how it is expected to behave.
    usage: Vec<Usage>,
    /// The number of the query being compiled.
    query: usize,
}

/// What is known of a term before any text has been seen.
#[derive(Debug)]
struct Usage {
    /// The length of its anchor, in bytes.
    length: usize,
    /// In how many queries it occurs, and the last one of them.
    queries: u64,
    last: usize,
}

/// A name without which, or one of its alternatives, a query cannot match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Anchor {
    Term(TermId),
    Author(u32),
    Site(u32),
}

impl Names {
    fn term(&mut self, term: &Term) -> TermId {
        let pattern = Pattern::new(term);
        let length = pattern.anchor().len();
        let number = self.terms.number(pattern);
        match self.usage.get_mut(number as usize) {
            None => self.usage.push(Usage {
                length,
                queries: 1,
                last: self.query,
            }),
            Some(usage) if usage.last != self.query => {
                usage.queries += 1;
                usage.last = self.query;
            }
            Some(_) => {}
        }
        number
    }

    fn author(&mut self, author: &str) -> u32 {
        self.authors.number(folded(author))
    }

    /// The expression with its names as numbers.
    pub(super) fn compile(&mut self, node: &Node) -> Compiled {
        match &node.kind {
            NodeKind::And(parts) => {
                Compiled::And(parts.iter().map(|part| self.compile(part)).collect())
            }
            NodeKind::Or(parts) => {
                Compiled::Or(parts.iter().map(|part| self.compile(part)).collect())
            }
            NodeKind::Not(inner) => Compiled::Not(Box::new(self.compile(inner))),
            NodeKind::Near(near) => Compiled::Near {
                left: near.left.iter().map(|term| self.term(term)).collect(),
                right: near.right.iter().map(|term| self.term(term)).collect(),
                distance: near.distance,
            },
            NodeKind::Term(term) => Compiled::Term(self.term(term)),
            NodeKind::Author(author) => Compiled::Author(self.author(author)),
            NodeKind::Site(site) => Compiled::Site(self.sites.number(site.clone())),
            NodeKind::Language(language) => Compiled::Language(language.accepts.clone()),
        }
    }

    /// The query as reasons, and how many clauses they have.
    pub(super) fn query(&mut self, source: &str, root: &Node) -> (Reason, usize) {
        self.query += 1;
        let mut clauses = 0;
        let reason = self.reason(source, root, &mut clauses);
        (reason, clauses)
    }

    /// `clauses` is how many have been numbered so far.
    fn reason(&mut self, source: &str, node: &Node, clauses: &mut usize) -> Reason {
        match &node.kind {
            NodeKind::Or(parts) => Reason::Any(
                parts
                    .iter()
                    .map(|part| self.reason(source, part, clauses))
                    .collect(),
            ),
            NodeKind::And(parts) if parts.iter().filter(|part| is_subject(part)).count() == 1 => {
                let mut guards = Vec::new();
                let mut inner = None;
                for part in parts {
                    if is_subject(part) {
                        inner = Some(self.reason(source, part, clauses));
                    } else {
                        guards.push(self.compile(part));
                    }
                }
                let inner = Box::new(inner.expect("one part was counted as the subject"));
                Reason::Guarded { inner, guards }
            }
            _ => {
                let number = *clauses;
                *clauses += 1;
                let text = clause_text(source.get(node.span.clone()).unwrap_or(source));
                Reason::Clause(Clause {
                    expression: self.compile(node),
                    text,
                    number,
                })
            }
        }
    }

    /// The names of which one must be found for the expression (its opposite, when `negated`) to
    /// hold; `None` when it can hold without any. Asked once all queries are compiled, since the
    /// choice among names depends on who else uses them.
    pub(super) fn anchors(&mut self, node: &Node, negated: bool) -> Option<Vec<Anchor>> {
        match (&node.kind, negated) {
            (NodeKind::Not(inner), _) => self.anchors(inner, !negated),
            (NodeKind::And(parts), false) | (NodeKind::Or(parts), true) => {
                let each: Vec<_> = parts
                    .iter()
                    .filter_map(|part| self.anchors(part, negated))
                    .collect();
                each.into_iter().min_by_key(|anchors| self.cost(anchors))
            }
            (NodeKind::Or(parts), false) | (NodeKind::And(parts), true) => {
                let mut all = Vec::new();
                for part in parts {
                    all.extend(self.anchors(part, negated)?);
                }
                Some(all)
            }
            (_, true) | (NodeKind::Language(_), false) => None,
            (NodeKind::Near(near), false) => {
                let mut side = |terms: &[Term]| -> Vec<Anchor> {
                    terms
                        .iter()
                        .map(|term| Anchor::Term(self.term(term)))
                        .collect()
                };
                let sides = [side(&near.left), side(&near.right)];
                sides.into_iter().min_by_key(|anchors| self.cost(anchors))
            }
            (NodeKind::Term(term), false) => Some(vec![Anchor::Term(self.term(term))]),
            (NodeKind::Author(author), false) => Some(vec![Anchor::Author(self.author(author))]),
            (NodeKind::Site(site), false) => {
                Some(vec![Anchor::Site(self.sites.number(site.clone()))])
            }
        }
    }

    /// How many queries are expected to be asked because of the names; only compared. Short words
    /// are frequent, and a word in many queries is one that brands have in common ("delivery"),
    /// frequent as well and with many queries to ask.
    fn cost(&self, anchors: &[Anchor]) -> u64 {
        let cost = |anchor: &Anchor| match anchor {
            Anchor::Author(_) => 1,
            Anchor::Term(term) => {
                let Usage {
                    length, queries, ..
                } = &self.usage[*term as usize];
                (queries * queries) << (16 - (*length).min(14))
            }
            Anchor::Site(_) => 1 << 8,
        };
        anchors.iter().map(cost).sum()
    }
}

/// Whether a part of an AND says what is looked for, rather than what must not be or in which
/// language.
fn is_subject(part: &Node) -> bool {
    !matches!(part.kind, NodeKind::Not(_) | NodeKind::Language(_))
}

fn clause_text(text: &str) -> Arc<str> {
    if text.len() <= MAX_CLAUSE_BYTES {
        return Arc::from(text);
    }
    let cut = text.floor_char_boundary(MAX_CLAUSE_BYTES);
    Arc::from(format!("{}…", &text[..cut]))
}
