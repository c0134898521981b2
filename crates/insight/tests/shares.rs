//! Share of voice as it is published.

mod support;

use hark_insight::{Outcome, wilson};
use hark_model::{BrandId, Span, Window};
use support::mention::gap;
use support::{Listener, at, config, market, mention, minutes};

#[test]
fn a_share_comes_with_its_interval_its_market_and_what_it_is_measured_against() {
    let mut listener = Listener::new(config());
    for item in 0..40_i64 {
        let brand = if item < 10 { "skylark" } else { "fennelway" };
        let time = at("10:00") + Span::from_seconds(item);
        listener.hears(
            mention(brand)
                .item(item)
                .by((item % 4) as u8)
                .positive()
                .on(time),
        );
    }
    listener.waits_until(at("10:01"));
    let share = listener.published("skylark", Window::Day).unwrap();
    assert_eq!(
        (
            share.voice.mentions.total,
            share.market_voice.mentions.total
        ),
        (10, 40)
    );
    assert_eq!(share.mention_share, Some(0.25));
    assert_eq!(share.mention_share_interval, wilson(10, 40));
    assert_eq!(share.author_share, Some(0.5));
    assert_eq!(share.net_sentiment, Some(100.0));
    assert_eq!(share.tracked, ["skylark".into(), "fennelway".into()]);
    assert_eq!(share.sources, ["web".into()]);
    assert_eq!(
        (share.from, share.to),
        (at("10:02") - Span::from_days(1), at("10:02"))
    );
}

#[test]
fn a_silent_market_has_no_share_rather_than_none_of_it() {
    let listener = Listener::new(config());
    let share = listener.share("skylark");
    assert_eq!(
        (share.mention_share, share.mention_share_interval),
        (None, None)
    );
    assert_eq!(
        (share.author_share, share.reach_share, share.net_sentiment),
        (None, None, None)
    );
}

#[test]
fn unknown_reach_is_unknown_and_not_zero() {
    let mut listener = Listener::new(config());
    listener.hears(mention("skylark").item(1).at("10:00"));
    assert_eq!(listener.share("skylark").reach_share, None);
    listener.hears(mention("fennelway").item(2).reaching(10).at("10:00"));
    assert_eq!(
        listener.share("skylark").reach_share,
        None,
        "nobody knows skylark's"
    );
    assert_eq!(listener.share("skylark").voice.reach_known, 0);
    listener.hears(mention("skylark").item(3).reaching(30).at("10:00"));
    assert_eq!(listener.share("skylark").reach_share, Some(0.75));
}

#[test]
fn a_reach_beyond_belief_breaks_no_sum() {
    let mut listener = Listener::new(config());
    for item in 0..3 {
        listener.hears(mention("skylark").item(item).reaching(u64::MAX).at("10:00"));
    }
    listener.waits_until(at("10:01"));
    assert_eq!(
        listener
            .published("skylark", Window::Hour)
            .unwrap()
            .voice
            .reach_known,
        3
    );
}

#[test]
fn reposts_are_counted_apart_and_say_nothing_of_their_author() {
    let mut listener = Listener::new(config());
    listener.hears(mention("skylark").item(1).by(1).negative().at("10:00"));
    let alerts = listener.hears(
        mention("skylark")
            .item(2)
            .by(2)
            .churning()
            .repost()
            .at("10:00"),
    );
    assert_eq!(alerts, []);
    let share = listener.share("skylark");
    assert_eq!((share.voice.mentions.total, share.reposts), (1, 1));
    assert_eq!(
        listener.report().standings().unwrap()[&BrandId::new("skylark")],
        [0, 0, 0, 1]
    );
}

#[test]
fn a_gap_lowers_the_coverage_of_the_windows_it_touches_only() {
    let mut listener = Listener::new(config());
    listener.hears(mention("skylark").item(1).at("0 00:00"));
    listener.waits_until(at("1 12:00"));
    assert_eq!(
        listener.outcome(&gap("1 06:00", "1 09:00"), at("1 12:00")),
        Outcome::Gap
    );
    listener.hears(mention("skylark").item(2).at("1 12:00"));
    listener.waits_until(at("1 12:00:59"));
    let coverage = |window| listener.published("skylark", window).unwrap().coverage;
    assert_eq!(coverage(Window::Hour), 1.0);
    assert_eq!(coverage(Window::Day), 21.0 / 24.0);
    // Hark has listened for a day and a half of the week.
    assert!((coverage(Window::Week) - (36.0 - 3.0) / 168.0).abs() < 1e-3);
}

#[test]
fn of_a_live_stream_an_old_review_does_not_claim_that_hark_was_listening_then() {
    let mut listener = Listener::new(config());
    let mut old = mention("skylark").item(1).at("0 00:00");
    old.0.arrived_at = at("5 00:00");
    listener.hears_at(old.event(), at("5 00:00"));
    listener.waits_until(at("5 12:00"));
    let share = listener.published("skylark", Window::Week).unwrap();
    assert!(
        (share.coverage - 0.5 / 7.0).abs() < 1e-3,
        "{}",
        share.coverage
    );
}

#[test]
fn revisions_grow_within_a_minute_and_begin_again_with_the_next() {
    let mut listener = Listener::new(config());
    for second in 0..90 {
        let time = at("10:00") + Span::from_seconds(second);
        listener.waits_until(time);
        listener.hears(mention("skylark").item(second).on(time));
    }
    let published: Vec<(i64, u32)> = listener
        .said
        .iter()
        .filter_map(|insight| match insight {
            hark_insight::Insight::Voice(share)
                if share.brand == "skylark".into() && share.window == Some(Window::Hour) =>
            {
                Some((share.to.millis(), share.revision))
            }
            _ => None,
        })
        .collect();
    let minutes: std::collections::BTreeSet<i64> = published.iter().map(|(to, _)| *to).collect();
    assert_eq!(minutes.len(), 2);
    for to in minutes {
        let revisions: Vec<u32> = published
            .iter()
            .filter(|p| p.0 == to)
            .map(|p| p.1)
            .collect();
        assert_eq!(revisions, (0..revisions.len() as u32).collect::<Vec<_>>());
    }
}

#[test]
fn brands_may_share_the_beginning_of_their_names() {
    let mut listener = Listener::new(market(&["fenn", "fennelway"]));
    listener.hears(mention("fennelway").item(1).at("10:00"));
    listener.hears(mention("fenn").item(2).at("10:00"));
    assert_eq!(listener.share("fenn").voice.mentions.total, 1);
    assert_eq!(
        listener
            .voice(Some(Window::Hour), at("10:00") + minutes(1))
            .shares[1]
            .voice
            .mentions
            .total,
        1
    );
}
