//! Tries queries against a sample, to find clauses that are too narrow or too wide.

use super::eval::{Clause, Reason};
use super::{Document, Matcher, QuerySet};
use hark_model::BrandId;
use std::fmt;
use std::sync::Arc;

/// How many documents of the sample are named as examples of a clause.
const EXAMPLES: usize = 3;
/// A clause that matches at least this share of a sample says little, and ...
const NEARLY_EVERYTHING: f64 = 0.9;
/// ... a sample must have this many documents before that is said of it.
const LEAST_SAMPLE: u64 = 20;

/// What a query set does with a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// How many documents the sample had.
    pub documents: u64,
    /// Every query, in the order they were given.
    pub brands: Vec<BrandAudit>,
}

/// What one brand's query does with a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandAudit {
    /// The brand.
    pub brand: BrandId,
    /// Documents that mention it.
    pub hits: u64,
    /// The clauses of its query, in the order they were written.
    pub clauses: Vec<ClauseAudit>,
}

/// What one clause does with a sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClauseAudit {
    /// The clause as written.
    pub clause: Arc<str>,
    /// Documents for which it holds.
    pub hits: u64,
    /// Documents for which it alone holds: what would be lost without it.
    pub alone: u64,
    /// The first documents for which it holds, counted from zero.
    pub examples: Vec<u64>,
}

/// Something that a person should look at before a query is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditWarning {
    /// A clause matched nothing in the sample.
    MatchesNothing {
        /// The brand.
        brand: BrandId,
        /// The clause.
        clause: Arc<str>,
        /// The size of the sample.
        documents: u64,
    },
    /// A clause matched nearly everything in the sample.
    MatchesNearlyEverything {
        /// The brand.
        brand: BrandId,
        /// The clause.
        clause: Arc<str>,
        /// How much of the sample it matched.
        hits: u64,
        /// The size of the sample.
        documents: u64,
    },
}

impl fmt::Display for AuditWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MatchesNothing {
                brand,
                clause,
                documents,
            } => write!(
                f,
                "{brand}: `{clause}` matches none of {documents} documents; check its spelling, or take it out"
            ),
            Self::MatchesNearlyEverything {
                brand,
                clause,
                hits,
                documents,
            } => write!(
                f,
                "{brand}: `{clause}` matches {hits} of {documents} documents; join it with a word that narrows it"
            ),
        }
    }
}

/// Counts what each clause of each query matches in `sample`.
pub fn audit<'a>(set: &Arc<QuerySet>, sample: impl IntoIterator<Item = Document<'a>>) -> Audit {
    let mut brands: Vec<BrandAudit> = set
        .brands
        .iter()
        .map(|brand| {
            let mut clauses = Vec::with_capacity(brand.clauses);
            list(&brand.reason, &mut clauses);
            BrandAudit {
                brand: brand.id.clone(),
                hits: 0,
                clauses,
            }
        })
        .collect();
    let mut documents = 0;
    let mut matcher = Matcher::new(Arc::clone(set));
    let mut found: Vec<(usize, usize)> = Vec::new();
    for document in sample {
        found.clear();
        matcher.clauses(&document, |query, clause| found.push((query, clause)));
        for of_query in found.chunk_by(|a, b| a.0 == b.0) {
            let brand = &mut brands[of_query[0].0];
            brand.hits += 1;
            for (_, clause) in of_query {
                let clause = &mut brand.clauses[*clause];
                clause.hits += 1;
                clause.alone += u64::from(of_query.len() == 1);
                if clause.examples.len() < EXAMPLES {
                    clause.examples.push(documents);
                }
            }
        }
        documents += 1;
    }
    Audit { documents, brands }
}

/// Clauses are numbered in the order in which they are met here.
fn list(reason: &Reason, clauses: &mut Vec<ClauseAudit>) {
    match reason {
        Reason::Any(reasons) => reasons.iter().for_each(|reason| list(reason, clauses)),
        Reason::Guarded { inner, .. } => list(inner, clauses),
        Reason::Clause(Clause { text, .. }) => {
            clauses.push(ClauseAudit {
                clause: Arc::clone(text),
                hits: 0,
                alone: 0,
                examples: Vec::new(),
            });
        }
    }
}

impl Audit {
    /// The clauses that match nothing or nearly everything. An empty sample proves nothing.
    pub fn warnings(&self) -> Vec<AuditWarning> {
        let mut warnings = Vec::new();
        if self.documents == 0 {
            return warnings;
        }
        let many = (self.documents as f64 * NEARLY_EVERYTHING).ceil() as u64;
        for BrandAudit { brand, clauses, .. } in &self.brands {
            for ClauseAudit { clause, hits, .. } in clauses {
                let (brand, clause, documents) =
                    (brand.clone(), Arc::clone(clause), self.documents);
                if *hits == 0 {
                    warnings.push(AuditWarning::MatchesNothing {
                        brand,
                        clause,
                        documents,
                    });
                } else if documents >= LEAST_SAMPLE && *hits >= many {
                    let hits = *hits;
                    warnings.push(AuditWarning::MatchesNearlyEverything {
                        brand,
                        clause,
                        hits,
                        documents,
                    });
                }
            }
        }
        warnings
    }
}
