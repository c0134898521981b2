//! Runs documents through a query set.

use super::document::{Document, host};
use super::eval::{Facts, Hit, Reason};
use super::fold::Folded;
use super::pattern::Text;
use super::set::QuerySet;
use hark_model::BrandMatch;
use std::ops::Range;
use std::sync::Arc;

/// The most places reported for one match; a text that repeats a name a thousand times needs no
/// thousand proofs.
const MAX_SPANS: usize = 32;

/// A query set with the memory it works in. One per thread: it is cheap to make, and matching
/// many documents with one allocates only for what matched.
#[derive(Debug)]
pub struct Matcher {
    set: Arc<QuerySet>,
    scratch: Scratch,
}

#[derive(Debug, Default)]
struct Scratch {
    folded: Folded,
    name: Folded,
    hits: Vec<Hit>,
    authors: Vec<u32>,
    sites: Vec<u32>,
    candidates: Vec<u32>,
    places: Vec<Range<usize>>,
}

impl Matcher {
    /// A matcher for `set`.
    pub fn new(set: Arc<QuerySet>) -> Self {
        Self {
            set,
            scratch: Scratch::default(),
        }
    }

    /// The set it matches with.
    pub fn set(&self) -> &Arc<QuerySet> {
        &self.set
    }

    /// The brands that `document` mentions, in the order they were given, each once, with the
    /// first clause of its query that holds and where in `document.text` it does.
    pub fn matches(&mut self, document: &Document<'_>) -> Vec<BrandMatch> {
        matches(&self.set, document, &mut self.scratch)
    }

    /// Whether any brand may be mentioned, whatever the language: `false` is certain, `true` is
    /// not. Detecting a language costs many times a match, so a caller who drops what names no
    /// brand asks this first and detects the language of the few items that remain.
    pub fn may_match(&mut self, document: &Document<'_>) -> bool {
        let mut may = false;
        look(&self.set, document, &mut self.scratch, |_, _, _| may = true);
        may
    }

    /// Calls `found` with the numbers of query and clause for every clause that holds.
    pub(super) fn clauses(&mut self, document: &Document<'_>, mut found: impl FnMut(usize, usize)) {
        let set = &*self.set;
        look(set, document, &mut self.scratch, |query, facts, _| {
            let reason: &Reason = &set.brands[query].reason;
            reason.each(facts, &mut |clause| {
                found(query, clause.number);
                true
            });
        });
    }
}

impl QuerySet {
    /// The brands that `document` mentions, as [`Matcher::matches`] returns them. For a single
    /// document; a loop keeps a [`Matcher`], which does not allocate its memory each time.
    pub fn matches(&self, document: &Document<'_>) -> Vec<BrandMatch> {
        matches(self, document, &mut Scratch::default())
    }
}

fn matches(set: &QuerySet, document: &Document<'_>, scratch: &mut Scratch) -> Vec<BrandMatch> {
    let mut matches: Vec<BrandMatch> = Vec::new();
    look(set, document, scratch, |query, facts, places| {
        let brand = &set.brands[query];
        if matches.iter().any(|found| found.brand == brand.id) {
            return;
        }
        let Some(clause) = brand.reason.first(facts) else {
            return;
        };
        places.clear();
        clause.expression.places(facts, places);
        matches.push(BrandMatch {
            brand: brand.id.clone(),
            clause: Arc::clone(&clause.text),
            spans: spans(facts, places),
        });
    });
    matches
}

/// Finds out the facts and asks `ask` about every query that may match, in their order.
fn look(
    set: &QuerySet,
    document: &Document<'_>,
    scratch: &mut Scratch,
    mut ask: impl FnMut(usize, &Facts<'_>, &mut Vec<Range<usize>>),
) {
    scratch.hits.clear();
    scratch.authors.clear();
    scratch.sites.clear();
    scratch.candidates.clear();

    find_terms(set, document.text, scratch);
    if !set.authors.is_empty() {
        find_authors(set, document, scratch);
    }
    if !set.sites.is_empty() {
        find_sites(set, document, scratch);
    }
    if scratch.candidates.is_empty() {
        return;
    }
    scratch.candidates.sort_unstable();
    scratch.candidates.dedup();
    let facts = Facts {
        text: text(&scratch.folded, document.text),
        hits: &scratch.hits,
        authors: &scratch.authors,
        sites: &scratch.sites,
        language: document.language.and_then(|tag| set.languages.of(tag)),
    };
    for query in &scratch.candidates {
        ask(*query as usize, &facts, &mut scratch.places);
    }
}

fn text<'a>(folded: &'a Folded, original: &'a str) -> Text<'a> {
    // The full-width `＠` is folded, so the folded text is the one to ask.
    Text {
        folded,
        original,
        has_at: folded.text().as_bytes().contains(&b'@'),
    }
}

fn find_terms(set: &QuerySet, original: &str, scratch: &mut Scratch) {
    scratch.folded.set(original);
    let text = text(&scratch.folded, original);
    for found in set.automaton.find_overlapping_iter(text.folded.text()) {
        for term in set.terms_of_anchor.of(found.pattern().as_usize()) {
            if let Some(place) = set.patterns[*term as usize].around(&text, found.range()) {
                scratch.hits.push(Hit {
                    term: *term,
                    start: place.start,
                    end: place.end,
                });
            }
        }
    }
    scratch.hits.sort_unstable();
    for term in scratch.hits.chunk_by(|a, b| a.term == b.term) {
        scratch
            .candidates
            .extend_from_slice(set.by_term.of(term[0].term as usize));
    }
}

fn find_authors(set: &QuerySet, document: &Document<'_>, scratch: &mut Scratch) {
    let handle = document
        .author_handle
        .map(|handle| handle.trim_start_matches(['@', '＠']));
    for name in [handle, document.author_name].into_iter().flatten() {
        scratch.name.set(name);
        if let Some(author) = set.authors.get(scratch.name.text()) {
            scratch.authors.push(*author);
            scratch
                .candidates
                .extend_from_slice(set.by_author.of(*author as usize));
        }
    }
}

fn find_sites(set: &QuerySet, document: &Document<'_>, scratch: &mut Scratch) {
    let Some(host) = document.url.and_then(host) else {
        return;
    };
    let mut below = Some(&*host);
    while let Some(domain) = below {
        if let Some(site) = set.sites.get(domain) {
            scratch.sites.push(*site);
            scratch
                .candidates
                .extend_from_slice(set.by_site.of(*site as usize));
        }
        below = domain.split_once('.').map(|(_, parent)| parent);
    }
}

/// The places in the original text: in order, none overlapping another.
fn spans(facts: &Facts<'_>, places: &mut [Range<usize>]) -> Vec<Range<usize>> {
    places.sort_unstable_by_key(|place| (place.start, place.end));
    let mut spans: Vec<Range<usize>> = Vec::new();
    for place in places {
        let start = facts.text.folded.original(place.start);
        let end = facts.text.folded.original(place.end);
        if let Some(last) = spans.last_mut().filter(|last| start < last.end) {
            last.end = last.end.max(end);
            continue;
        }
        if spans.len() == MAX_SPANS {
            break;
        }
        spans.push(start..end);
    }
    spans
}
