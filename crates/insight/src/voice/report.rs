//! Looking back on what was counted.

use super::{BrandVoice, Frame, Summary};
use crate::config::{Config, Market};
use crate::coverage::Coverage;
use crate::store::{Store, StoreError};
use crate::tables;
use hark_model::{BrandId, ShareOfVoice, Timestamp, Window};
use std::collections::BTreeMap;

/// Looks back: share of voice over any stretch of time, straight from the stores.
pub struct Report<'a> {
    /// The rules in force.
    pub config: &'a Config,
    /// What each share of the mentions counted.
    pub shares: Vec<&'a dyn Store>,
    /// What was decided of all of them; where there is one share only, the same store.
    pub whole: Vec<&'a dyn Store>,
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
        let mut voices: Vec<Summary> = Vec::new();
        let (mut earliest, mut latest) = (Timestamp::MAX, Timestamp::MIN);
        for brand in &market.brands {
            let mut voice = BrandVoice::<1>::default();
            for store in &self.shares {
                tables::contributions(*store, brand.as_str(), first, end, &mut |c| {
                    earliest = earliest.min(Timestamp::from_millis(c.time));
                    latest = latest.max(Timestamp::from_millis(c.time));
                    voice.add(&c, &self.config.taxonomy, [true]);
                })?;
            }
            voices.push(voice.summary(&self.config.taxonomy, 0));
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
        let coverage = self.coverage()?;
        let borrowed: Vec<_> = voices.iter().map(Some).collect();
        let shares = frame.shares(market, self.config, &coverage, &borrowed);
        Ok(VoiceReport { shares, from, to })
    }

    /// How many authors stand where towards each brand that anybody has experience with:
    /// promoters, passives, detractors, provisional.
    pub fn standings(&self) -> Result<BTreeMap<BrandId, [u64; 4]>, StoreError> {
        let mut counts: BTreeMap<BrandId, [u64; 4]> = BTreeMap::new();
        for store in &self.shares {
            for (brand, theirs) in crate::ledger::standings(*store, &self.config.standing)? {
                let sum = counts.entry(brand).or_default();
                for (sum, count) in sum.iter_mut().zip(theirs) {
                    *sum += count;
                }
            }
        }
        Ok(counts)
    }

    /// How many alerts there have been, by kind, and how many fire now.
    pub fn alerts(&self) -> Result<AlertCounts, StoreError> {
        let mut counts = AlertCounts::default();
        for store in &self.whole {
            let opened = crate::clock::alerts_opened(*store)?;
            counts.opened[0] += opened[0];
            counts.opened[1] += opened[1];
            counts.firing += crate::alert::firing(*store)?;
        }
        Ok(counts)
    }

    /// The newest event time that was counted, or `None` before the first.
    pub fn newest(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut newest = None;
        for store in &self.shares {
            newest = newest.max(crate::clock::newest_event(*store)?);
        }
        Ok(newest)
    }

    /// When hark began to listen, and what it missed, as any of those who decide knows it.
    fn coverage(&self) -> Result<Coverage, StoreError> {
        let mut known = Coverage::default();
        for store in &self.whole {
            known.join(Coverage::restore(*store)?);
        }
        Ok(known)
    }
}
