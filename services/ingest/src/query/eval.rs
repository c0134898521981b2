//! Decides whether a compiled expression holds for one document, and where.

use super::near;
use super::pattern::Text;
use std::ops::Range;
use std::sync::Arc;

/// A term's number in its query set.
pub(super) type TermId = u32;

/// A place where a term matches, in bytes of the folded text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub(super) term: TermId,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// All that was found out about one document.
pub(super) struct Facts<'a> {
    pub(super) text: Text<'a>,
    /// Sorted.
    pub(super) hits: &'a [Hit],
    /// Numbers of the authors and sites of the query set that the document has.
    pub(super) authors: &'a [u32],
    pub(super) sites: &'a [u32],
    pub(super) language: Option<[u8; 3]>,
}

/// An expression whose names are numbers.
#[derive(Clone, Debug)]
pub(super) enum Compiled {
    And(Vec<Compiled>),
    Or(Vec<Compiled>),
    Not(Box<Compiled>),
    Near {
        left: Vec<TermId>,
        right: Vec<TermId>,
        distance: u32,
    },
    Term(TermId),
    Author(u32),
    Site(u32),
    Language(Vec<[u8; 3]>),
}

/// A query, arranged so that the part that made it match can be named.
#[derive(Clone, Debug)]
pub(super) enum Reason {
    /// Any of these suffices.
    Any(Vec<Reason>),
    /// This, while conditions hold that name nothing themselves, such as exclusions.
    Guarded {
        inner: Box<Reason>,
        guards: Vec<Compiled>,
    },
    /// The smallest part that is a reason by itself.
    Clause(Clause),
}

/// A part of a query that can be the reason for a match.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) expression: Compiled,
    /// As the user wrote it.
    pub(super) text: Arc<str>,
    /// Its number in its query, in the order they were written.
    pub(super) number: usize,
}

impl Reason {
    /// Calls `found` with each clause that holds, in the order they were written, until it
    /// returns `false`. Whether all were tried.
    pub(super) fn each<'a>(
        &'a self,
        facts: &Facts<'_>,
        found: &mut dyn FnMut(&'a Clause) -> bool,
    ) -> bool {
        match self {
            Self::Any(reasons) => reasons.iter().all(|reason| reason.each(facts, found)),
            Self::Guarded { inner, guards } => {
                // The guards are asked only once something to guard has been found.
                let mut pass = None;
                inner.each(facts, &mut |clause| {
                    let pass =
                        *pass.get_or_insert_with(|| guards.iter().all(|guard| guard.holds(facts)));
                    pass && found(clause)
                }) || pass == Some(false)
            }
            Self::Clause(clause) => !clause.expression.holds(facts) || found(clause),
        }
    }

    /// The first clause that holds.
    pub(super) fn first<'a>(&'a self, facts: &Facts<'_>) -> Option<&'a Clause> {
        let mut first = None;
        self.each(facts, &mut |clause| {
            first = Some(clause);
            false
        });
        first
    }
}

impl Facts<'_> {
    fn hits_of(&self, term: TermId) -> &[Hit] {
        let from = self.hits.partition_point(|hit| hit.term < term);
        let count = self.hits[from..]
            .iter()
            .take_while(|hit| hit.term == term)
            .count();
        &self.hits[from..from + count]
    }

    fn has(&self, term: TermId) -> bool {
        let at = self.hits.partition_point(|hit| hit.term < term);
        self.hits.get(at).is_some_and(|hit| hit.term == term)
    }

    /// Calls `found` with pairs of hits that are close enough, until it returns `false`.
    fn pairs(
        &self,
        left: &[TermId],
        right: &[TermId],
        distance: u32,
        found: impl FnMut(&Hit, &Hit) -> bool,
    ) {
        let text = self.text.folded.text();
        if let ([left], [right]) = (left, right) {
            near::pairs(
                text,
                self.hits_of(*left),
                self.hits_of(*right),
                distance,
                found,
            );
            return;
        }
        let all = |terms: &[TermId]| {
            let mut hits: Vec<Hit> = terms
                .iter()
                .flat_map(|term| self.hits_of(*term))
                .copied()
                .collect();
            hits.sort_unstable_by_key(|hit| hit.start);
            hits
        };
        near::pairs(text, &all(left), &all(right), distance, found);
    }
}

impl Compiled {
    pub(super) fn holds(&self, facts: &Facts<'_>) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(facts)),
            Self::Not(inner) => !inner.holds(facts),
            Self::Near {
                left,
                right,
                distance,
            } => {
                let mut near = false;
                if left.iter().any(|term| facts.has(*term)) {
                    facts.pairs(left, right, *distance, |_, _| {
                        near = true;
                        false
                    });
                }
                near
            }
            Self::Term(term) => facts.has(*term),
            Self::Author(author) => facts.authors.contains(author),
            Self::Site(site) => facts.sites.contains(site),
            Self::Language(accepts) => facts.language.is_some_and(|code| accepts.contains(&code)),
        }
    }

    /// Adds the places that made an expression hold which holds, in bytes of the folded text.
    /// What is excluded has no place.
    pub(super) fn places(&self, facts: &Facts<'_>, places: &mut Vec<Range<usize>>) {
        match self {
            Self::And(parts) => parts.iter().for_each(|part| part.places(facts, places)),
            Self::Or(parts) => {
                let holding = parts.iter().filter(|part| part.holds(facts));
                holding.for_each(|part| part.places(facts, places));
            }
            Self::Near {
                left,
                right,
                distance,
            } => {
                facts.pairs(left, right, *distance, |one, other| {
                    places.extend([one.start..one.end, other.start..other.end]);
                    true
                });
            }
            Self::Term(term) => {
                places.extend(facts.hits_of(*term).iter().map(|hit| hit.start..hit.end));
            }
            Self::Not(_) | Self::Author(_) | Self::Site(_) | Self::Language(_) => {}
        }
    }
}
