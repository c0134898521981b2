//! The counts are a function of the events, whatever their order, repetition and batches.

#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

mod support;

use hark_insight::{Aggregator, Cause, Config, Insight, MemoryStore, Report};
use hark_model::{AuthorKey, AuthorStanding, BrandId, MentionEvent, ShareOfVoice, Window};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use std::collections::BTreeMap;
use std::sync::Arc;
use support::oracle::{BrandVoice, Oracle};
use support::stream::{BRANDS, delivery};
use support::{at, listener, market};

type Standings = BTreeMap<(BrandId, AuthorKey), AuthorStanding>;

/// Observes the events; where `cuts` say so a step ends, and the next begins from the store.
fn heard(events: &[MentionEvent], cuts: &[bool], config: &Config) -> (MemoryStore, Standings) {
    let mut store = MemoryStore::default();
    let mut standings = Standings::new();
    let mut aggregator = Aggregator::restore(config.clone(), &store).unwrap();
    let mut flush = |aggregator: &mut Aggregator, store: &mut MemoryStore| {
        for insight in aggregator.flush(store).unwrap() {
            match insight {
                Insight::Standing(now) => {
                    standings.insert((now.brand.clone(), now.author), *now);
                }
                Insight::StandingGone(brand, author) => {
                    standings.remove(&(brand, author));
                }
                _ => {}
            }
        }
    };
    for (offset, event) in events.iter().enumerate() {
        let cause = Cause {
            topic: Arc::from("mentions"),
            partition: 0,
            offset: offset as u64,
        };
        aggregator
            .observe(event, &cause, at("3 00:00"), &mut store)
            .unwrap();
        if cuts
            .get(offset % cuts.len().max(1))
            .copied()
            .unwrap_or(false)
        {
            flush(&mut aggregator, &mut store);
            aggregator = Aggregator::restore(config.clone(), &store).unwrap();
        }
    }
    flush(&mut aggregator, &mut store);
    (store, standings)
}

fn counts(share: &ShareOfVoice) -> BrandVoice {
    BrandVoice {
        voice: share.voice,
        touchpoints: share
            .touchpoints
            .iter()
            .map(|t| (t.touchpoint.clone(), t.voice))
            .collect(),
        reposts: share.reposts,
        sources: share.sources.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_order_any_repetition_any_batches_count_what_the_bag_of_events_says(
        events in delivery(),
        cuts in vec(any::<bool>(), 1..8),
        replay in any::<bool>(),
    ) {
        let config = market(&BRANDS);
        let config = if replay { listener::replaying(config) } else { config };
        let brands = config.brands();
        let oracle = Oracle::of(&events, &brands, config.taxonomy.clone());
        let (store, standings) = heard(&events, &cuts, &config);
        let report = Report { config: &config, shares: vec![&store], whole: vec![&store] };
        let looks = [
            (None, at("0 00:00")),
            (Some(Window::Hour), at("1 12:34:56")),
            (Some(Window::Day), at("1 12:34:56")),
            (Some(Window::Day), at("2 23:59:59")),
            (Some(Window::Week), at("3 00:00")),
        ];
        for (window, moment) in looks {
            let voices = report.voice(&config.markets[0], window, moment).unwrap();
            let (from, to) = match window {
                Some(_) => (voices.from, voices.to),
                None => (hark_model::Timestamp::MIN, hark_model::Timestamp::MAX),
            };
            for (brand, share) in brands.iter().zip(&voices.shares) {
                prop_assert_eq!(&share.brand, brand);
                prop_assert_eq!(counts(share), oracle.voice(brand, from, to));
            }
        }
        let everybody = report.standings().unwrap();
        for brand in &brands {
            let expected = oracle.standings(brand);
            let mut by_standing = [0; 4];
            for (author, view) in &expected {
                by_standing[view.standing as usize] += 1;
                let told = standings.get(&(brand.clone(), *author)).expect("every author is told of");
                prop_assert_eq!(told.standing, view.standing);
                prop_assert_eq!(told.previous, view.previous);
                prop_assert_eq!(told.experiences, view.experiences);
                assert!((told.score - view.score).abs() < 1e-6, "{} {}", told.score, view.score);
            }
            prop_assert_eq!(everybody.get(brand).copied().unwrap_or_default(), by_standing);
            let told = standings.keys().filter(|(told, _)| told == brand).count();
            prop_assert_eq!(told, expected.len());
        }
    }
}
