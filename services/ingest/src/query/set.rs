//! All brands' queries, arranged so that one pass over a text finds the few worth asking.

use super::Query;
use super::compile::{Anchor, Names};
use super::eval::{Reason, TermId};
use super::languages::Languages;
use super::pattern::Pattern;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use hark_model::BrandId;
use std::collections::{BTreeSet, HashMap};

/// The queries do not fit into one automaton. The fault is the configuration's: split the brands
/// over several ingest tasks.
#[derive(Debug, thiserror::Error)]
#[error(
    "the brand queries have too many terms for one matcher ({0}); split the brands over several ingest tasks"
)]
pub struct BuildError(#[from] aho_corasick::BuildError);

/// Every brand's query, compiled into one automaton over all their terms.
///
/// A text is read once, however many brands there are. A query is evaluated only when a name was
/// found that it cannot match without. A loop over documents matches through a
/// [`Matcher`](super::Matcher).
#[derive(Debug)]
pub struct QuerySet {
    pub(super) automaton: AhoCorasick,
    /// The terms of each of the automaton's anchors.
    pub(super) terms_of_anchor: Lists,
    pub(super) patterns: Vec<Pattern>,
    pub(super) brands: Vec<Brand>,
    /// The queries that each name makes worth asking.
    pub(super) by_term: Lists,
    pub(super) by_author: Lists,
    pub(super) by_site: Lists,
    pub(super) authors: HashMap<String, u32>,
    pub(super) sites: HashMap<String, u32>,
    pub(super) languages: Languages,
    asked_for: BTreeSet<String>,
}

/// One brand's query.
#[derive(Debug)]
pub(super) struct Brand {
    pub(super) id: BrandId,
    pub(super) reason: Reason,
    /// How many clauses its reason has.
    pub(super) clauses: usize,
}

/// Many short lists in one piece of memory.
#[derive(Debug, Default)]
pub(super) struct Lists {
    starts: Vec<u32>,
    values: Vec<u32>,
}

impl Lists {
    fn new(lists: &[Vec<u32>]) -> Self {
        let mut starts = vec![0];
        let mut values = Vec::new();
        for list in lists {
            values.extend_from_slice(list);
            starts.push(values.len() as u32);
        }
        Self { starts, values }
    }

    pub(super) fn of(&self, number: usize) -> &[u32] {
        match (self.starts.get(number), self.starts.get(number + 1)) {
            (Some(start), Some(end)) => &self.values[*start as usize..*end as usize],
            _ => &[],
        }
    }
}

impl QuerySet {
    /// Compiles the queries of `brands`. A brand may be given several; it matches once, by the
    /// first of them that does.
    pub fn build(brands: impl IntoIterator<Item = (BrandId, Query)>) -> Result<Self, BuildError> {
        let mut names = Names::default();
        let mut compiled = Vec::new();
        let mut anchors = Vec::new();
        let brands: Vec<(BrandId, Query)> = brands.into_iter().collect();
        for (id, query) in &brands {
            let (reason, clauses) = names.query(query.source(), query.root());
            compiled.push(Brand {
                id: id.clone(),
                reason,
                clauses,
            });
        }
        for (_, query) in &brands {
            // A parsed query is anchored; one that were not could never be found.
            anchors.push(names.anchors(query.root(), false).unwrap_or_default());
        }

        let asked_for: BTreeSet<String> = brands
            .iter()
            .flat_map(|(_, query)| query.root().languages())
            .map(|code| String::from_utf8_lossy(&code).into_owned())
            .collect();

        let index = |count: usize, pick: fn(&Anchor) -> Option<u32>| {
            let mut lists = vec![Vec::new(); count];
            for (query, anchors) in anchors.iter().enumerate() {
                for name in anchors.iter().filter_map(pick) {
                    lists[name as usize].push(query as u32);
                }
            }
            Lists::new(&lists)
        };
        let by_term = index(names.terms.of.len(), |anchor| match anchor {
            Anchor::Term(term) => Some(*term),
            _ => None,
        });
        let by_author = index(names.authors.of.len(), |anchor| match anchor {
            Anchor::Author(author) => Some(*author),
            _ => None,
        });
        let by_site = index(names.sites.of.len(), |anchor| match anchor {
            Anchor::Site(site) => Some(*site),
            _ => None,
        });

        let patterns = in_order(names.terms.of);
        let (needles, terms_of_anchor) = needles(&patterns);
        // The non-contiguous automaton would be slow and the full one would be large: a set of
        // 15,000 terms must stay in a cache.
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::Standard)
            .build(needles)?;
        Ok(Self {
            automaton,
            terms_of_anchor,
            patterns,
            brands: compiled,
            by_term,
            by_author,
            by_site,
            authors: names.authors.of,
            sites: names.sites.of,
            languages: Languages::new(),
            asked_for,
        })
    }

    /// The languages that some query asks for (ISO 639-3), each once.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.asked_for.iter().map(String::as_str)
    }

    /// How many queries there are.
    pub fn len(&self) -> usize {
        self.brands.len()
    }

    /// Whether there is none, so that nothing ever matches.
    pub fn is_empty(&self) -> bool {
        self.brands.is_empty()
    }
}

fn in_order(numbered: HashMap<Pattern, TermId>) -> Vec<Pattern> {
    let mut pairs: Vec<(Pattern, TermId)> = numbered.into_iter().collect();
    pairs.sort_unstable_by_key(|(_, number)| *number);
    pairs.into_iter().map(|(pattern, _)| pattern).collect()
}

/// The different anchors of the patterns, and which patterns have each.
fn needles(patterns: &[Pattern]) -> (Vec<&str>, Lists) {
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut needles = Vec::new();
    let mut terms: Vec<Vec<u32>> = Vec::new();
    for (term, pattern) in patterns.iter().enumerate() {
        let number = *numbers.entry(pattern.anchor()).or_insert_with(|| {
            needles.push(pattern.anchor());
            terms.push(Vec::new());
            needles.len() - 1
        });
        terms[number].push(term as u32);
    }
    (needles, Lists::new(&terms))
}
