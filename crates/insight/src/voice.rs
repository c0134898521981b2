//! Share of voice: sliding windows over the contributions, by mention, author and reach.

mod authors;

use crate::config::{Config, Market};
use crate::contribution::Contribution;
use crate::coverage::Coverage;
use crate::store::{Store, StoreError};
use crate::tables;
use authors::Authors;
use hark_model::{
    BrandId, Counts, Interval, Minute, Sentiment, ShareOfVoice, SourceId, Taxonomy, Timestamp,
    TouchpointVoice, Voice, Window,
};
use std::collections::{BTreeMap, HashMap};

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

    /// Share of voice of every brand of a market in every window.
    pub(crate) fn publish(
        &self,
        market: &Market,
        config: &Config,
        coverage: &Coverage,
        revision: u32,
    ) -> Vec<ShareOfVoice> {
        let Some(head) = self.head else {
            return Vec::new();
        };
        let mut shares = Vec::new();
        for (index, window) in Window::ALL.into_iter().enumerate() {
            let to = head.end();
            let frame = Frame {
                window: Some(window),
                from: to - window.span(),
                to,
                revision,
            };
            let voices: Vec<_> = market
                .brands
                .iter()
                .map(|brand| self.brands.get(brand))
                .collect();
            shares.extend(frame.shares(market, config, coverage, &voices, index));
        }
        shares
    }
}

/// The windows ending with `head` that a minute lies in.
fn inside(head: Minute, minute: Minute) -> [bool; 4] {
    Window::ALL.map(|window| minute <= head && minute > head.plus(-window.span().minutes()))
}

/// The stretch of time that shares are computed for.
#[derive(Clone, Copy, Debug)]
struct Frame {
    window: Option<Window>,
    from: Timestamp,
    to: Timestamp,
    revision: u32,
}

impl Frame {
    fn shares<const N: usize>(
        &self,
        market: &Market,
        config: &Config,
        coverage: &Coverage,
        voices: &[Option<&BrandVoice<N>>],
        index: usize,
    ) -> Vec<ShareOfVoice> {
        let all: Vec<Voice> = voices
            .iter()
            .map(|voice| voice.map_or_else(Voice::default, |voice| voice.voice(0, index)))
            .collect();
        let whole = all
            .iter()
            .fold(Voice::default(), |sum, voice| sum_of(&sum, voice));
        let covered = coverage.of(self.from, self.to);
        market
            .brands
            .iter()
            .zip(voices)
            .zip(all)
            .map(|((brand, windows), voice)| ShareOfVoice {
                market: market.id.clone(),
                brand: brand.clone(),
                window: self.window,
                from: self.from,
                to: self.to,
                revision: self.revision,
                voice,
                market_voice: whole,
                touchpoints: windows.map_or_else(Vec::new, |w| touchpoints(w, config, index)),
                reposts: windows.map_or(0, |w| w.reposts[index]),
                mention_share: share(voice.mentions.total, whole.mentions.total),
                mention_share_interval: wilson(voice.mentions.total, whole.mentions.total),
                author_share: share(voice.authors.total, whole.authors.total),
                reach_share: reach_share(&voice, &whole),
                net_sentiment: voice.mentions.net_sentiment(),
                coverage: covered,
                sources: windows.map_or_else(Vec::new, |w| sources(w, index)),
                tracked: market.brands.clone(),
            })
            .collect()
    }
}

fn touchpoints<const N: usize>(
    windows: &BrandVoice<N>,
    config: &Config,
    index: usize,
) -> Vec<TouchpointVoice> {
    config
        .taxonomy
        .iter()
        .enumerate()
        .map(|(place, touchpoint)| TouchpointVoice {
            touchpoint: touchpoint.id.clone(),
            voice: windows.voice((place + 1) * PER_SLICE, index),
        })
        .filter(|at| at.voice.mentions.total > 0)
        .collect()
}

fn sources<const N: usize>(windows: &BrandVoice<N>, index: usize) -> Vec<SourceId> {
    windows
        .sources
        .iter()
        .filter(|(_, mentions)| mentions[index] > 0)
        .map(|(source, _)| SourceId::new(source))
        .collect()
}

fn sum_of(a: &Voice, b: &Voice) -> Voice {
    let add = |a: Counts, b: Counts| Counts {
        total: a.total + b.total,
        negative: a.negative + b.negative,
        neutral: a.neutral + b.neutral,
        positive: a.positive + b.positive,
    };
    Voice {
        mentions: add(a.mentions, b.mentions),
        authors: add(a.authors, b.authors),
        reach: add(a.reach, b.reach),
        reach_known: a.reach_known + b.reach_known,
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Of known reach only: a brand all of whose mentions are of unknown reach has an unknown part.
fn reach_share(voice: &Voice, whole: &Voice) -> Option<f64> {
    if voice.mentions.total > 0 && voice.reach_known == 0 {
        return None;
    }
    share(voice.reach.total, whole.reach.total)
}

/// The 95 % Wilson score interval of a proportion; `None` of nothing.
///
/// (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n) with z = 1.959964. E. B. Wilson, Journal of
/// the American Statistical Association 22 (1927), 209–212.
pub fn wilson(part: u64, whole: u64) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    if whole == 0 {
        return None;
    }
    let (n, p) = (whole as f64, part as f64 / whole as f64);
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some(Interval {
        low: ((centre - spread) / scale).max(0.0),
        high: ((centre + spread) / scale).min(1.0),
    })
}

/// Looks back: share of voice over any stretch of time, straight from the store.
pub struct Report<'a> {
    /// The rules in force.
    pub config: &'a Config,
    /// What was counted.
    pub store: &'a dyn Store,
}

/// How many alerts there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// Ever opened, in the order of `AlertKind::ALL`.
    pub opened: [u64; 2],
    /// Firing now.
    pub firing: u64,
}

/// What [`Report::voice`] found for one market.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceReport {
    /// A share for each brand, in the market's order.
    pub shares: Vec<ShareOfVoice>,
    /// First moment counted.
    pub from: Timestamp,
    /// First moment not counted.
    pub to: Timestamp,
}

impl Report<'_> {
    /// Counts a market over `window` (`None`: everything) up to and including the minute of
    /// `at` (for everything: all there is).
    pub fn voice(
        &self,
        market: &Market,
        window: Option<Window>,
        at: Timestamp,
    ) -> Result<VoiceReport, StoreError> {
        let (first, end) = match window {
            Some(window) => {
                let end = at.minute().plus(1);
                (end.plus(-window.span().minutes()), end)
            }
            None => (Timestamp::MIN.minute(), Timestamp::MAX.minute()),
        };
        let mut voices: Vec<BrandVoice<1>> = Vec::new();
        let (mut earliest, mut latest) = (Timestamp::MAX, Timestamp::MIN);
        for brand in &market.brands {
            let mut voice = BrandVoice::default();
            tables::contributions(self.store, brand.as_str(), first, end, &mut |c| {
                earliest = earliest.min(Timestamp::from_millis(c.time));
                latest = latest.max(Timestamp::from_millis(c.time));
                voice.add(&c, &self.config.taxonomy, [true]);
            })?;
            voices.push(voice);
        }
        let (from, to) = match window {
            Some(_) => (first.start(), end.start()),
            None if earliest <= latest => (earliest, latest.minute().end()),
            None => (at, at),
        };
        let frame = Frame {
            window,
            from,
            to,
            revision: 0,
        };
        let coverage = Coverage::restore(self.store)?;
        let borrowed: Vec<_> = voices.iter().map(Some).collect();
        let shares = frame.shares(market, self.config, &coverage, &borrowed, 0);
        Ok(VoiceReport { shares, from, to })
    }

    /// How many authors stand where towards each brand that anybody has experience with:
    /// promoters, passives, detractors, provisional.
    pub fn standings(&self) -> Result<BTreeMap<BrandId, [u64; 4]>, StoreError> {
        crate::ledger::standings(self.store, &self.config.standing)
    }

    /// How many alerts there have been, by kind, and how many fire now.
    pub fn alerts(&self) -> Result<AlertCounts, StoreError> {
        let opened = crate::aggregator::alerts_opened(self.store)?;
        let firing = crate::alert::firing(self.store)?;
        Ok(AlertCounts { opened, firing })
    }

    /// The newest event time that was counted, or `None` before the first.
    pub fn newest(&self) -> Result<Option<Timestamp>, StoreError> {
        crate::aggregator::newest_event(self.store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wilson_interval_agrees_with_published_values() {
        // R. G. Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
        for (part, whole, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let interval = wilson(part, whole).unwrap();
            assert!(
                (interval.low - low).abs() < 5e-5,
                "{part}/{whole}: {interval:?}"
            );
            assert!(
                (interval.high - high).abs() < 5e-5,
                "{part}/{whole}: {interval:?}"
            );
        }
        assert_eq!(wilson(0, 0), None);
    }
}
