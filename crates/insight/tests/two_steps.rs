//! Mentions that are shared out by their authors mean what they mean together.

mod support;

use hark_insight::{Config, Insight};
use hark_model::{Span, Window};
use proptest::prelude::{ProptestConfig, any, proptest};
use support::shared::{Shared, afterwards, alerts, published};
use support::stream::{BRANDS, delivery};
use support::{Listener, at, config, market, mention};

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn shares_of_voice_are_those_of_all_mentions_at_one_place(
        events in delivery(),
        count in 2..5_u32,
        restarts in any::<u64>(),
    ) {
        let config = market(&BRANDS);
        let mut whole = Listener::new(config.clone());
        let mut shared = Shared::new(&config, count);
        let mut now = afterwards();
        for (number, event) in events.iter().enumerate() {
            now = now + Span::from_seconds(7);
            whole.hears_at(event.clone(), now);
            shared.hears(event, now);
            if restarts >> (number % 64) & 1 == 1 {
                shared.restarts();
            }
        }
        // Every share says where it stands, and then all of them are added up.
        now = now.minute().end();
        for seconds in [0, 11, 22] {
            whole.advances(now + Span::from_seconds(seconds));
            shared.advances(now + Span::from_seconds(seconds));
        }
        for brand in BRANDS {
            for window in Window::ALL {
                let expected = published(&whole.said, brand, window);
                assert_eq!(shared.published(brand, window), expected, "{brand} {window:?}");
            }
        }
    }

    #[test]
    fn alerts_are_those_of_all_mentions_at_one_place(
        storms in proptest::collection::vec((1..40_i64, 1..90_i64, any::<bool>()), 1..8),
        count in 2..5_u32,
    ) {
        let config = Config { publish_every: Span::from_hours(1), ..config() };
        let mut whole = Listener::new(config.clone());
        let mut shared = Shared::new(&config, count);
        let mut now = at("06:00");
        let mut item = 0_i64;
        let mut both = |event: hark_model::MentionEvent, now| {
            whole.advances(now);
            shared.advances(now);
            whole.hears_at(event.clone(), now);
            shared.hears(&event, now);
        };
        // An hour as usual, then storms and silences.
        let usual = (12, 300, false);
        for (mentions, pause, churns) in std::iter::once(usual).chain(storms) {
            for _ in 0..mentions {
                now = now + Span::from_seconds(pause.min(300));
                item += 1;
                let said = mention("skylark").item(item).by((item % 9) as u8).on(now);
                let said = said.saying("charged twice").touching("payment");
                let said = if churns { said.churning() } else { said.negative() };
                both(said.event(), now);
            }
        }
        now = now + Span::from_hours(2);
        whole.advances(now);
        shared.advances(now);
        assert_eq!(shared.alerts(), alerts(&whole.said));
    }
}

#[test]
fn what_a_share_says_twice_counts_once() {
    let config = market(&BRANDS);
    let mut shared = Shared::new(&config, 2);
    for item in 0..10_i64 {
        let said = mention("skylark").item(item).by(item as u8).at("10:00");
        shared.hears(&said.event(), at("10:00"));
    }
    shared.advances(at("10:02"));
    shared.decide(at("10:03"));
    let once = shared.published("skylark", Window::Hour).unwrap();
    assert_eq!(once.voice.mentions.total, 10);
    for partial in shared.partials.clone() {
        shared.takes(partial, at("10:02"));
    }
    shared.decide(at("10:04"));
    let twice = shared.published("skylark", Window::Hour).unwrap();
    assert_eq!(twice.voice, once.voice);
}

#[test]
fn a_share_that_falls_behind_is_said_to_be_missing() {
    let config = market(&BRANDS);
    let mut shared = Shared::new(&config, 2);
    for author in 0..8 {
        let said = mention("skylark").item(author).by(author).at("10:00");
        shared.hears(&said.event(), at("10:00"));
    }
    shared.advances(at("11:01"));
    let covered = shared.published("skylark", Window::Hour).unwrap().coverage;
    assert!(covered > 0.95, "{covered}");
    let early = shared.partials.clone();
    shared.advances(at("11:31"));
    shared.decide(at("11:32"));
    let all = shared.published("skylark", Window::Hour).unwrap().coverage;
    // As if one of the two had not come any further.
    let last = early.iter().rev().find(|partial| partial.task() == 1);
    shared.takes(last.unwrap().clone(), at("11:32"));
    shared.decide(at("11:33"));
    let half = shared.published("skylark", Window::Hour).unwrap().coverage;
    assert!(all > 0.95 && (0.4..0.6).contains(&half), "{all} {half}");
}

#[test]
fn a_brand_of_two_markets_alerts_once() {
    let markets = [["skylark", "fennelway"], ["skylark", "fenn"]];
    let mut config = config();
    config.markets = (0..)
        .zip(markets)
        .map(|(number, brands)| hark_insight::Market {
            id: format!("market-{number}").as_str().into(),
            brands: brands.map(Into::into).to_vec(),
        })
        .collect();
    let mut shared = Shared::new(&config, 3);
    let said = mention("skylark").item(1).by(1).at("10:00");
    shared.hears(&said.negative().saying("I will sue").event(), at("10:00"));
    shared.advances(at("10:01"));
    shared.decide(at("10:02"));
    assert_eq!(shared.alerts().len(), 1);
    let markets = shared.said.iter().filter(|insight| {
        matches!(insight, Insight::Voice(share)
            if share.brand == "skylark".into() && share.window == Some(Window::Hour)
                && share.voice.mentions.total == 1)
    });
    assert!(markets.count() >= 2, "it has a share of each");
}
