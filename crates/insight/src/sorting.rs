//! Which market is told what, and what need not be told.

use crate::config::{Config, TimeMode};
use crate::partial::{Partial, Step};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Negative mentions of a brand that one step of the calculus hands on whole: as many as are kept.
pub(crate) const KEPT: usize = crate::brand::RECENT;

/// Sorts what came by market. What is about one brand goes to the first market that has it, the sums
/// to all of them, so that a brand of two markets alerts once.
pub(crate) fn partials(config: &Config, task: u32, steps: Vec<Step>) -> Vec<Partial> {
    let mut homes: HashMap<&str, usize> = HashMap::new();
    for (place, market) in config.markets.iter().enumerate() {
        for brand in &market.brands {
            homes.entry(brand.as_str()).or_insert(place);
        }
    }
    let mut told: Vec<Vec<Step>> = config.markets.iter().map(|_| Vec::new()).collect();
    for step in lessened(config, steps) {
        match &step {
            Step::Windows(head, brands) => {
                for (market, told) in config.markets.iter().zip(&mut told) {
                    let ours: HashSet<&str> = market.brands.iter().map(|b| b.as_str()).collect();
                    let mut brands = brands.clone();
                    brands.retain(|(brand, _)| ours.contains(&**brand));
                    told.push(Step::Windows(*head, brands));
                }
            }
            about_one if about_one.brand().is_some() => {
                let home = about_one.brand().and_then(|brand| homes.get(brand));
                if let Some(home) = home {
                    told[*home].push(step);
                }
            }
            _ => told.iter_mut().for_each(|told| told.push(step.clone())),
        }
    }
    let markets = config.markets.iter().zip(told);
    markets
        .map(|(market, steps)| Partial {
            market: market.id.clone(),
            task,
            steps: without_idle(config, steps),
        })
        .filter(|partial| !partial.steps.is_empty())
        .collect()
}

/// A brand that everybody talks about must not drown the one task of its market. Where time is the
/// clock's, all of a step happens at one time, so negatives are added up and of their texts as many
/// are handed on as would be kept.
fn lessened(config: &Config, steps: Vec<Step>) -> Vec<Step> {
    if config.time == TimeMode::Event {
        return steps;
    }
    let mut counts: BTreeMap<(String, i64), i32> = BTreeMap::new();
    let mut texts: HashMap<String, usize> = HashMap::new();
    for step in &steps {
        match step {
            Step::Negatives(brand, minute, by) => {
                *counts.entry((brand.to_string(), *minute)).or_default() += by;
            }
            Step::Evidence(brand, _) => *texts.entry(brand.to_string()).or_default() += 1,
            _ => {}
        }
    }
    let mut kept = Vec::with_capacity(steps.len());
    for step in steps {
        match &step {
            Step::Negatives(brand, minute, _) => {
                // All of them in place of the first.
                if let Some(by) = counts.remove(&(brand.to_string(), *minute))
                    && by != 0
                {
                    kept.push(Step::Negatives(brand.clone(), *minute, by));
                }
            }
            Step::Evidence(brand, _) => {
                let left = texts.get_mut(&**brand);
                let late_enough = left.is_some_and(|left| {
                    *left -= 1;
                    *left < KEPT
                });
                if late_enough {
                    kept.push(step);
                }
            }
            _ => kept.push(step),
        }
    }
    kept
}

/// Leaves out the moments at which nothing came. Where events move time, the last one counts also
/// when nothing came with it.
fn without_idle(config: &Config, steps: Vec<Step>) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::with_capacity(steps.len());
    for step in steps {
        let idle = matches!(kept.last(), Some(Step::At(..)));
        if idle && matches!(step, Step::At(..)) {
            kept.pop();
        }
        // Nothing was there to settle, or it was another market's.
        if idle && matches!(step, Step::Settled) {
            continue;
        }
        kept.push(step);
    }
    if config.time == TimeMode::Wall && matches!(kept.last(), Some(Step::At(..))) {
        kept.pop();
    }
    kept
}
