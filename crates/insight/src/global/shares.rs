//! What each share of the mentions said last of each market, and the sum of it.

use crate::aggregator::Insight;
use crate::config::{Config, Market};
use crate::coverage::Coverage;
use crate::store::{Store, StoreError};
use crate::tables::{self, SHARES, save};
use crate::voice::{Frame, Summary};
use hark_model::{MarketId, Minute, Window};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A share that has said nothing for longer, while others have, is behind: what it counts since is
/// missing.
const BEHIND: i64 = 2;

/// How a share of the mentions stands in one market.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Said {
    market: String,
    task: u32,
    /// Up to and including this minute.
    head: i64,
    brands: Vec<(Arc<str>, Vec<Summary>)>,
}

#[derive(Debug)]
pub(super) struct Shares {
    /// How many there are.
    count: u32,
    said: BTreeMap<(String, u32), Said>,
}

impl Shares {
    pub(super) fn restore(count: u32, store: &dyn Store) -> Result<Self, StoreError> {
        let rows: Vec<(Vec<u8>, Said)> = tables::rows(store, SHARES.key(&[]))?;
        let said = rows
            .into_iter()
            .map(|(_, said)| ((said.market.clone(), said.task), said));
        Ok(Self {
            count,
            said: said.collect(),
        })
    }

    /// Whether one share is all there is.
    pub(super) fn are_one(&self) -> bool {
        self.count == 1
    }

    /// Puts what a share says in place of what it said.
    pub(super) fn put(
        &mut self,
        market: &MarketId,
        task: u32,
        head: Minute,
        brands: Vec<(Arc<str>, Vec<Summary>)>,
        store: &mut dyn Store,
    ) {
        let said = Said {
            market: market.to_string(),
            task,
            head: head.get(),
            brands,
        };
        let key = SHARES.key(&[said.market.as_bytes(), &[0], &task.to_be_bytes()]);
        save(store, key, &said);
        self.said.insert((said.market.clone(), task), said);
    }

    /// The minute that the first of the shares has come to.
    pub(super) fn head(&self) -> Option<Minute> {
        self.said
            .values()
            .map(|said| said.head)
            .max()
            .map(Minute::new)
    }

    /// The sums, for each market that anything was said of.
    pub(super) fn publish(
        &self,
        config: &Config,
        coverage: &Coverage,
        head: Minute,
        revision: u32,
    ) -> Vec<Insight> {
        let mut out = Vec::new();
        for market in &config.markets {
            let said: Vec<&Said> = self
                .said
                .values()
                .filter(|said| said.market == market.id.as_str())
                .collect();
            let Some(behind) = said.iter().map(|said| said.head).min() else {
                continue;
            };
            let mut sums: BTreeMap<&str, Vec<Summary>> = BTreeMap::new();
            for (brand, windows) in said.iter().flat_map(|said| &said.brands) {
                let sum = sums.entry(brand).or_default();
                sum.resize_with(windows.len().max(sum.len()), Summary::default);
                for (sum, window) in sum.iter_mut().zip(windows) {
                    sum.add(window);
                }
            }
            let missing = (head.get() - behind > BEHIND).then(|| Minute::new(behind).end());
            let coverage = coverage.without(missing);
            out.extend(of_market(
                market,
                config,
                &coverage,
                head,
                revision,
                &|brand| sums.get(brand).map(Vec::as_slice),
            ));
        }
        out
    }
}

/// The windows of every market, as one share has them that is all there is.
pub(super) fn published(
    config: &Config,
    coverage: &Coverage,
    head: Minute,
    revision: u32,
    brands: &[(Arc<str>, Vec<Summary>)],
) -> Vec<Insight> {
    let of = |wanted: &str| {
        let found = brands.iter().find(|(brand, _)| **brand == *wanted);
        found.map(|(_, windows)| windows.as_slice())
    };
    let markets = config.markets.iter();
    markets
        .flat_map(|market| of_market(market, config, coverage, head, revision, &of))
        .collect()
}

fn of_market<'a>(
    market: &Market,
    config: &Config,
    coverage: &Coverage,
    head: Minute,
    revision: u32,
    windows_of: &dyn Fn(&str) -> Option<&'a [Summary]>,
) -> Vec<Insight> {
    let mut out = Vec::new();
    for (index, window) in Window::ALL.into_iter().enumerate() {
        let to = head.end();
        let frame = Frame {
            window: Some(window),
            from: to - window.span(),
            to,
            revision,
        };
        let summaries: Vec<Option<&Summary>> = market
            .brands
            .iter()
            .map(|brand| windows_of(brand.as_str()).and_then(|windows| windows.get(index)))
            .collect();
        let shares = frame.shares(market, config, coverage, &summaries);
        out.extend(
            shares
                .into_iter()
                .map(|share| Insight::Voice(Box::new(share))),
        );
    }
    out
}
