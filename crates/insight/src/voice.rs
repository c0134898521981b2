//! Share of voice: sliding windows over the contributions, by mention, author and reach.

mod authors;
mod report;
mod share;
mod summary;

pub use report::{AlertCounts, Report, VoiceReport};
pub(crate) use share::Frame;
pub use share::wilson;
pub(crate) use summary::Summary;

use crate::contribution::Contribution;
use crate::store::{Store, StoreError};
use crate::tables;
use authors::Authors;
use hark_model::{BrandId, Counts, Minute, Sentiment, Taxonomy, Voice, Window};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A brand's voice over `N` windows at once.
///
/// A cell is a slice of the conversation: all of it, one sentiment, one touchpoint, or one
/// sentiment at one touchpoint. Authors are counted exactly in each cell.
#[derive(Debug)]
struct BrandVoice<const N: usize> {
    cells: Vec<[Cell; N]>,
    /// Of each cell.
    authors: Vec<Authors<N>>,
    sources: BTreeMap<String, [u64; N]>,
    reposts: [u64; N],
}

#[derive(Clone, Copy, Debug, Default)]
struct Cell {
    mentions: u64,
    authors: u64,
    reach: u64,
    reach_known: u64,
}

/// Cells per slice: all sentiments together, then each sentiment.
const PER_SLICE: usize = 4;

impl<const N: usize> Default for BrandVoice<N> {
    fn default() -> Self {
        Self {
            cells: Vec::new(),
            authors: Vec::new(),
            sources: BTreeMap::new(),
            reposts: [0; N],
        }
    }
}

impl<const N: usize> BrandVoice<N> {
    /// Adds a contribution to the windows for which `inside` says so.
    fn add(&mut self, contribution: &Contribution, taxonomy: &Taxonomy, inside: [bool; N]) {
        self.apply(contribution, taxonomy, inside, 1);
    }

    /// Takes back what `add` did.
    fn subtract(&mut self, contribution: &Contribution, taxonomy: &Taxonomy, inside: [bool; N]) {
        self.apply(contribution, taxonomy, inside, -1);
    }

    fn apply(
        &mut self,
        contribution: &Contribution,
        taxonomy: &Taxonomy,
        inside: [bool; N],
        sign: i64,
    ) {
        let change = |number: &mut u64, by: u64| {
            *number = if sign > 0 {
                *number + by
            } else {
                number.saturating_sub(by)
            };
        };
        for window in (0..N).filter(|window| inside[*window]) {
            if contribution.repost {
                change(&mut self.reposts[window], 1);
            }
            match self.sources.get_mut(&contribution.source) {
                Some(source) => change(&mut source[window], 1),
                None => {
                    let mut source = [0; N];
                    change(&mut source[window], 1);
                    self.sources.insert(contribution.source.clone(), source);
                }
            }
        }
        if contribution.repost {
            return;
        }
        let cells = (taxonomy.iter().len() + 1) * PER_SLICE;
        self.cells.resize(cells, [Cell::default(); N]);
        self.authors.resize_with(cells, Authors::default);
        let sentiment = 1 + usize::from(contribution.sentiment);
        let touchpoints = contribution
            .touchpoints
            .iter()
            .filter_map(|id| taxonomy.iter().position(|known| known.id.as_str() == id))
            .map(|index| (index + 1) * PER_SLICE);
        for cell in std::iter::once(0)
            .chain(touchpoints)
            .flat_map(|slice| [slice, slice + sentiment])
        {
            for window in (0..N).filter(|window| inside[*window]) {
                let counts = &mut self.cells[cell][window];
                change(&mut counts.mentions, 1);
                if let Some(reach) = contribution.reach {
                    change(&mut counts.reach, reach);
                    change(&mut counts.reach_known, 1);
                }
            }
            if contribution.author != 0 {
                self.count_author(contribution.author, cell, inside, sign);
            }
        }
    }

    fn count_author(&mut self, author: u64, cell: usize, inside: [bool; N], sign: i64) {
        let authors = &mut self.authors[cell];
        let changed = match sign > 0 {
            true => authors.add(author, inside),
            false => authors.subtract(author, inside),
        };
        for window in (0..N).filter(|window| changed[*window]) {
            let unique = &mut self.cells[cell][window].authors;
            *unique = if sign > 0 {
                *unique + 1
            } else {
                unique.saturating_sub(1)
            };
        }
    }

    /// How the brand is talked about in one window.
    fn summary(&self, taxonomy: &Taxonomy, window: usize) -> Summary {
        let touchpoints = taxonomy.iter().enumerate().map(|(place, touchpoint)| {
            let voice = self.voice((place + 1) * PER_SLICE, window);
            (touchpoint.id.as_str(), voice)
        });
        let sources = self.sources.iter();
        let sources = sources.map(|(source, mentions)| (source.as_str(), mentions[window]));
        Summary::new(
            self.voice(0, window),
            touchpoints,
            sources,
            self.reposts[window],
        )
    }

    fn voice(&self, slice: usize, window: usize) -> Voice {
        let cell = |offset: usize| {
            self.cells
                .get(slice + offset)
                .map_or(Cell::default(), |windows| windows[window])
        };
        let counts = |measure: fn(&Cell) -> u64| Counts {
            total: measure(&cell(0)),
            negative: measure(&cell(1 + Sentiment::Negative.index())),
            neutral: measure(&cell(1 + Sentiment::Neutral.index())),
            positive: measure(&cell(1 + Sentiment::Positive.index())),
        };
        Voice {
            mentions: counts(|cell| cell.mentions),
            authors: counts(|cell| cell.authors),
            reach: counts(|cell| cell.reach),
            reach_known: cell(0).reach_known,
        }
    }
}

/// The four sliding windows of every brand, ending with the minute `head`.
#[derive(Debug)]
pub(crate) struct Rolling {
    head: Option<Minute>,
    brands: HashMap<BrandId, BrandVoice<4>>,
}

impl Rolling {
    pub(crate) fn new(brands: &[BrandId]) -> Self {
        let brands = brands
            .iter()
            .map(|brand| (brand.clone(), BrandVoice::default()))
            .collect();
        Self { head: None, brands }
    }

    /// Counts a contribution that has just been written to the store. Those of minutes after
    /// `head` wait there until the windows reach them.
    pub(crate) fn add(
        &mut self,
        brand: &BrandId,
        contribution: &Contribution,
        taxonomy: &Taxonomy,
    ) {
        let inside = self.inside(contribution.minute());
        if let Some(voice) = self.brands.get_mut(brand) {
            voice.add(contribution, taxonomy, inside);
        }
    }

    /// Takes back a contribution that has just been removed from the store.
    pub(crate) fn remove(
        &mut self,
        brand: &BrandId,
        contribution: &Contribution,
        taxonomy: &Taxonomy,
    ) {
        let inside = self.inside(contribution.minute());
        if let Some(voice) = self.brands.get_mut(brand) {
            voice.subtract(contribution, taxonomy, inside);
        }
    }

    fn inside(&self, minute: Minute) -> [bool; 4] {
        self.head.map_or([false; 4], |head| inside(head, minute))
    }

    /// Moves the windows so that they end with the minute `head`: what leaves is taken back,
    /// what enters is counted, both as the store has it now.
    pub(crate) fn advance(
        &mut self,
        head: Minute,
        taxonomy: &Taxonomy,
        store: &dyn Store,
    ) -> Result<(), StoreError> {
        let old = self.head;
        if old.is_some_and(|old| old >= head) {
            return Ok(());
        }
        for (brand, voice) in &mut self.brands {
            if let Some(old) = old {
                for (index, window) in Window::ALL.into_iter().enumerate() {
                    let length = window.span().minutes();
                    let only = std::array::from_fn(|other| other == index);
                    let (from, to) = (old.plus(1 - length), head.plus(1 - length).min(old.plus(1)));
                    tables::contributions(store, brand.as_str(), from, to, &mut |c| {
                        voice.subtract(&c, taxonomy, only);
                    })?;
                }
            }
            let longest = Window::FourWeeks.span().minutes();
            let from = head
                .plus(1 - longest)
                .max(old.map_or(head.plus(1 - longest), |old| old.plus(1)));
            tables::contributions(store, brand.as_str(), from, head.plus(1), &mut |c| {
                voice.add(&c, taxonomy, inside(head, c.minute()));
            })?;
        }
        self.head = Some(head);
        Ok(())
    }

    /// How each brand is talked about in each window.
    pub(crate) fn summaries(&self, taxonomy: &Taxonomy) -> Vec<(Arc<str>, Vec<Summary>)> {
        let windows =
            |voice: &BrandVoice<4>| (0..4).map(|at| voice.summary(taxonomy, at)).collect();
        let mut brands: Vec<(Arc<str>, Vec<Summary>)> = self
            .brands
            .iter()
            .map(|(brand, voice)| (Arc::from(brand.as_str()), windows(voice)))
            .collect();
        brands.sort_by(|a, b| a.0.cmp(&b.0));
        brands
    }
}

/// The windows ending with `head` that a minute lies in.
fn inside(head: Minute, minute: Minute) -> [bool; 4] {
    Window::ALL.map(|window| minute <= head && minute > head.plus(-window.span().minutes()))
}
