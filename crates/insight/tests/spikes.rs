//! Incidents: more negative mentions than this hour and the recent level explain.

mod support;

use hark_insight::{Config, SpikeRule};
use hark_model::{Alert, AlertKind, AlertState, Occasion, Span};
use support::{Listener, Said, at, config, mention, minutes};

fn spikes(listener: &Listener) -> Vec<Alert> {
    let told = listener.told.iter().map(|(_, alert)| alert.clone());
    told.filter(|alert| alert.kind == AlertKind::Spike)
        .collect()
}

fn charged_twice(said: Said) -> Said {
    said.saying("charged twice for one order")
        .touching("payment")
        .reaching(500)
}

#[test]
fn an_incident_says_what_was_seen_and_expected_and_why() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    let alerts = listener.storms(36, charged_twice);
    let opened = &alerts[0];
    assert_eq!(
        (opened.kind, opened.occasion),
        (AlertKind::Spike, Occasion::Opened)
    );
    assert_eq!(opened.opened_at, at("12:01"), "one minute of it is enough");
    assert_eq!(
        (opened.measure.observed, opened.measure.window_seconds),
        (13.0, 900)
    );
    assert_eq!(opened.mentions, 13, "one of them is a usual one");
    let expected = opened.measure.expected.unwrap();
    assert!(
        (1.2..1.8).contains(&expected),
        "one every ten minutes: {expected}"
    );
    assert!(opened.measure.p_value.unwrap() < 1e-4);
    assert!(opened.severity >= 6);
    let terms: Vec<&str> = opened.terms.iter().map(|term| term.term.as_str()).collect();
    assert!(
        terms.contains(&"charged") && terms.contains(&"twice"),
        "{terms:?}"
    );
    assert!(!terms.contains(&"slow"), "{terms:?}");
    assert_eq!(opened.touchpoints, [("payment".into(), 12)]);
    assert_eq!(opened.sources, [("web".into(), 13)]);
    assert_eq!(opened.owner, "finance".into());
    assert_eq!(opened.due, at("12:31"));
    assert_eq!(opened.evidence.len(), 10);
    assert!(
        opened
            .evidence
            .iter()
            .all(|evidence| &*evidence.text == "charged twice for one order")
    );
    assert_eq!(opened.markets, ["market".into()]);
    assert_eq!(&*opened.provenance.model, "model-1");
    assert_eq!(opened.provenance.records[0].offset, 6 * 6 + 12 + 1);
    assert!(
        opened
            .summary
            .starts_with("skylark: 13 negative mentions in 15 min, 1.")
    );
}

#[test]
fn an_incident_is_updated_and_over_once_it_is_calm() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    listener.storms(120, charged_twice);
    listener.waits_until(at("13:00"));
    let spikes = spikes(&listener);
    let occasions: Vec<Occasion> = spikes.iter().map(|alert| alert.occasion).collect();
    assert_eq!(
        occasions,
        [
            Occasion::Opened,
            Occasion::Updated,
            Occasion::Updated,
            Occasion::Updated,
            Occasion::Resolved
        ]
    );
    let last = &spikes[4];
    assert_eq!(last.state, AlertState::Resolved);
    assert!(last.mentions >= 120, "{}", last.mentions);
    assert!(
        (at("12:10")..at("12:26")).contains(&last.updated_at),
        "{}",
        last.updated_at
    );
}

#[test]
fn the_baseline_learns_nothing_from_an_incident() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    listener.storms(360, charged_twice);
    listener.lives_through("skylark", at("12:30"), 1);
    listener.storms(60, charged_twice);
    let opened: Vec<f64> = spikes(&listener)
        .iter()
        .filter(|alert| alert.occasion == Occasion::Opened)
        .filter_map(|alert| alert.measure.expected)
        .collect();
    assert_eq!(opened.len(), 2);
    assert!(opened[1] < 1.5 * opened[0], "{opened:?}");
}

#[test]
fn an_incident_silences_the_alerts_of_its_brand_and_of_no_other() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    listener.storms(24, |said| said);
    let time = listener.now();
    let said = |brand: &str| mention(brand).item(brand).churning().on(time);
    let own = listener.hears(said("skylark"));
    assert_eq!(own[0].occasion, Occasion::Inhibited);
    assert_eq!(
        own[0].inhibited_by.as_deref(),
        Some(&*spikes(&listener)[0].id)
    );
    let other = listener.hears(said("fennelway"));
    assert_eq!(
        (other[0].occasion, &other[0].inhibited_by),
        (Occasion::Opened, &None)
    );
    listener.waits(Span::from_hours(3));
    let told = listener
        .told
        .iter()
        .filter(|(_, alert)| alert.id == own[0].id);
    let told: Vec<&Alert> = told.map(|(_, alert)| alert).collect();
    assert!(
        told.iter().all(|alert| !alert.occasion.notifies()),
        "nobody hears of what was silenced"
    );
    assert_eq!(told.last().unwrap().state, AlertState::Resolved);
}

#[test]
fn what_an_incident_silenced_is_opened_by_what_comes_after_it() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    listener.storms(24, |said| said);
    let time = listener.now();
    listener.hears(mention("skylark").item("a").churning().on(time));
    listener.waits(minutes(30));
    assert_eq!(
        spikes(&listener).last().unwrap().state,
        AlertState::Resolved
    );
    let time = listener.now();
    listener.hears(mention("skylark").item("b").churning().on(time));
    listener.waits(minutes(10));
    let (_, last) = listener.diary("churn-threat").pop().unwrap();
    assert_eq!(last, Occasion::Opened);
}

#[test]
fn an_alert_from_before_an_incident_falls_silent_with_it() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    listener.hears(mention("skylark").item("a").churning().at("12:00"));
    listener.storms(24, |said| said.item("b").churning());
    listener.storms(24, |said| said);
    let time = listener.now();
    listener.hears(mention("skylark").item("c").churning().on(time));
    listener.waits(minutes(6));
    let occasions: Vec<Occasion> = listener.diary("churn-threat").iter().map(|d| d.1).collect();
    assert_eq!(occasions[0], Occasion::Opened);
    assert_eq!(occasions.last(), Some(&Occasion::Inhibited));
}

#[test]
fn an_incident_that_still_holds_is_repeated_after_longer_and_longer_pauses() {
    let spike = SpikeRule {
        window: Span::from_hours(24),
        ..Default::default()
    };
    let mut listener = Listener::new(Config {
        spike: Some(spike),
        ..config()
    });
    for number in 0..40_i64 {
        let time = at("0 00:00") + Span::from_hours(number * 3);
        listener.waits_until(time);
        listener.hears(mention("skylark").item(number).negative().on(time));
    }
    listener.storms(60, |said| said);
    listener.waits(Span::from_hours(40));
    let diary = listener.diary("spike");
    assert_eq!(
        diary.iter().filter(|d| d.1 == Occasion::Opened).count(),
        1,
        "{diary:?}"
    );
    let last_update = diary
        .iter()
        .rev()
        .find(|d| d.1 == Occasion::Updated)
        .unwrap()
        .0;
    let repeats: Vec<f64> = diary
        .iter()
        .filter(|d| d.1 == Occasion::Repeated)
        .scan(last_update, |before, (time, _)| {
            Some((*time - std::mem::replace(before, *time)).seconds() / 3_600.0)
        })
        .collect();
    assert_eq!(repeats[..3], [0.5, 2.0, 6.0], "{diary:?}");
    assert_eq!(diary.last().unwrap().1, Occasion::Resolved);
}

#[test]
fn a_source_that_is_polled_every_few_minutes_still_shows_an_incident() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    listener.waits_until(at("12:05"));
    for number in 0..30_i64 {
        let time = at("12:00") + Span::from_seconds(number * 10);
        let said = mention("skylark").item(number).negative().on(time);
        listener.hears_at(said.event(), at("12:05"));
    }
    let alerts = listener.waits_until(at("12:07"));
    assert_eq!(
        (alerts[0].kind, alerts[0].measure.observed),
        (AlertKind::Spike, 31.0)
    );
}

#[test]
fn the_first_incident_of_a_brand_that_was_only_praised_is_seen() {
    let mut listener = Listener::new(config());
    for number in 0..36_i64 {
        let time = at("06:00") + minutes(number * 10);
        listener.waits_until(time);
        listener.hears(mention("skylark").item(number).positive().on(time));
    }
    let alerts = listener.storms(24, |said| said);
    assert_eq!(alerts[0].kind, AlertKind::Spike);
}

#[test]
fn a_clock_that_stood_still_teaches_no_silence() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 6);
    let expects = |listener: &mut Listener| {
        listener.storms(24, |said| said);
        spikes(listener).last().unwrap().measure.expected.unwrap()
    };
    let mut stopped = Listener::new(config());
    stopped.lives_through("skylark", at("06:00"), 6);
    stopped.restarts();
    stopped.advances(at("1 06:00"));
    stopped.lives_through("skylark", at("1 06:00"), 1);
    let (before, after) = (expects(&mut listener), expects(&mut stopped));
    assert!((after / before - 1.0).abs() < 0.3, "{before} {after}");
}
