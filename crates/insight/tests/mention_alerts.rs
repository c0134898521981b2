//! Single mentions that matter by themselves.

mod support;

use hark_insight::Outcome;
use hark_model::{AlertKind, AlertState, Occasion, Span, Standing, Window};
use support::{Listener, at, config, mention, minutes};

#[test]
fn a_safety_word_alerts_at_once_and_each_mention_by_itself() {
    let mut listener = Listener::new(config());
    let said = |item: u8| {
        mention("skylark")
            .item(item)
            .negative()
            .saying("We got food poisoning!")
    };
    let first = listener.hears(said(1).at("10:00").touching("product"));
    let second = listener.hears(said(2).at("10:00:01").touching("product"));
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].id, second[0].id);
    let alert = &second[0];
    assert_eq!(
        (alert.occasion, alert.kind),
        (Occasion::Opened, AlertKind::Mention)
    );
    assert_eq!(alert.owner, "legal".into());
    assert_eq!(alert.due, at("10:30:01"));
    assert_eq!(alert.severity, 9);
    assert_eq!(
        alert.summary,
        "skylark: safety (“food poisoning”) about product"
    );
    assert_eq!(&*alert.evidence[0].text, "We got food poisoning!");
    assert_eq!(&*alert.provenance.configuration, "config-1");
    assert_eq!(&*alert.provenance.model, "model-1");
    assert_eq!(alert.provenance.records[0].offset, 1);
}

#[test]
fn a_safety_word_alerts_even_while_an_incident_fires() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 4);
    assert_eq!(listener.storms(30, |said| said)[0].kind, AlertKind::Spike);
    let time = listener.now();
    let alerts = listener.hears(
        mention("skylark")
            .item("s")
            .negative()
            .saying("I'll sue")
            .on(time),
    );
    assert_eq!(alerts.len(), 1);
    assert_eq!(
        (alerts[0].occasion, &alerts[0].inhibited_by),
        (Occasion::Opened, &None)
    );
}

#[test]
fn a_churn_threat_opens_gathers_updates_repeats_and_is_over() {
    let mut listener = Listener::new(config());
    let said = |item: u8| {
        mention("skylark")
            .item(item)
            .churning()
            .touching("delivery")
    };
    assert_eq!(listener.hears(said(1).at("10:00")).len(), 1);
    assert_eq!(listener.hears(said(2).at("10:00:10")), []);
    assert_eq!(listener.hears(said(3).at("10:00:20")), []);
    let gathered = listener.waits_until(at("10:00:30"));
    assert_eq!((gathered.len(), gathered[0].mentions), (1, 3));
    listener.hears(said(4).at("10:01"));
    listener.hears(said(5).at("10:02"));
    listener.waits_until(at("12:00"));
    assert_eq!(
        listener.diary("churn-threat"),
        [
            (at("10:00"), Occasion::Opened),
            (at("10:00:30"), Occasion::Updated),
            (at("10:05:30"), Occasion::Updated),
            (at("10:35:30"), Occasion::Repeated),
            // An hour after the last mention, before the pause of two hours is over.
            (at("11:02"), Occasion::Resolved),
        ]
    );
    let alerts: Vec<_> = listener.told.iter().map(|(_, alert)| alert).collect();
    assert!(alerts.iter().all(|alert| alert.id == alerts[0].id));
    let revisions: Vec<u32> = alerts.iter().map(|alert| alert.revision).collect();
    assert_eq!(revisions, [1, 2, 3, 4, 5]);
    let last = alerts[4];
    assert_eq!((last.state, last.mentions), (AlertState::Resolved, 5));
    assert_eq!(last.touchpoints, [("delivery".into(), 5)]);
    assert_eq!(last.owner, "logistics".into());
    assert_eq!(listener.report().alerts().unwrap().firing, 0);
    assert_eq!(listener.report().alerts().unwrap().opened, [1, 0]);
}

#[test]
fn like_mentions_at_another_touchpoint_or_of_another_brand_are_another_alert() {
    let mut listener = Listener::new(config());
    let said = |item: u8, brand: &str| mention(brand).item(item).churning().at("10:00");
    assert_eq!(
        listener
            .hears(said(1, "skylark").touching("delivery"))
            .len(),
        1
    );
    assert_eq!(
        listener.hears(said(2, "skylark").touching("staff")).len(),
        1
    );
    assert_eq!(
        listener
            .hears(said(3, "fennelway").touching("delivery"))
            .len(),
        1
    );
    assert_eq!(listener.hears(said(4, "skylark").touching("delivery")), []);
}

#[test]
fn after_it_is_over_the_next_one_is_a_new_alert() {
    let mut listener = Listener::new(config());
    let first = listener.hears(mention("skylark").item(1).churning().at("10:00"));
    listener.waits_until(at("11:30"));
    let next = listener.hears(mention("skylark").item(2).churning().at("11:30"));
    assert_eq!((next[0].occasion, next[0].revision), (Occasion::Opened, 1));
    assert_ne!(first[0].id, next[0].id);
}

#[test]
fn late_mentions_count_but_alert_nobody() {
    let mut listener = Listener::new(config());
    listener.hears(mention("skylark").item(1).at("3 10:00"));
    let late = mention("skylark").item(2).churning().at("2 09:00").event();
    assert_eq!(listener.outcome(&late, at("3 10:00")), Outcome::Late);
    let in_time = mention("skylark").item(3).churning().at("2 11:00").event();
    assert_eq!(listener.outcome(&in_time, at("3 10:00")), Outcome::Counted);
    assert_eq!(listener.flush().len(), 1);
    let week = listener.voice(Some(Window::Week), at("3 10:00"));
    assert_eq!(week.shares[0].voice.mentions.negative, 2);
}

#[test]
fn reach_must_be_known_to_matter() {
    let mut listener = Listener::new(config());
    let said = |item: u8| mention("skylark").item(item).negative().at("10:00");
    assert_eq!(listener.hears(said(1)), []);
    assert_eq!(listener.hears(said(2).reaching(9_999)), []);
    let alerts = listener.hears(said(3).reaching(10_000));
    // The rule says 7, and such a reach raises it by one.
    assert_eq!((alerts.len(), alerts[0].severity), (1, 8));
    assert_eq!(alerts[0].summary, "skylark: reach (10000 followers)");
}

#[test]
fn an_uncertain_judgement_alerts_nobody_except_by_its_words() {
    let mut listener = Listener::new(config());
    let said = |item: u8| {
        mention("skylark")
            .item(item)
            .uncertain()
            .reaching(50_000)
            .at("10:00")
    };
    assert_eq!(listener.hears(said(1)), []);
    assert_eq!(listener.hears(said(2).saying("I will SUE you")).len(), 1);
    assert_eq!(listener.hears(said(3).saying("a new issue")), []);
}

#[test]
fn the_first_rule_that_holds_decides() {
    let mut listener = Listener::new(config());
    let said = mention("skylark")
        .churning()
        .reaching(50_000)
        .saying("we sue")
        .at("10:00");
    let alerts = listener.hears(said);
    assert_eq!((alerts.len(), &*alerts[0].rule), (1, "safety"));
}

#[test]
fn the_same_events_have_the_same_ids_when_they_are_replayed() {
    let ids = || {
        let mut listener = Listener::new(config());
        listener.lives_through("skylark", at("06:00"), 4);
        listener.hears(mention("skylark").item(1).churning().at("10:00"));
        listener.storms(30, |said| said);
        listener.waits(minutes(60));
        listener
            .told
            .into_iter()
            .map(|(_, alert)| alert.id)
            .collect::<Vec<_>>()
    };
    let first = ids();
    assert!(first.len() > 3);
    assert_eq!(first, ids());
}

#[test]
fn a_detractor_is_told_apart_by_the_experiences_before() {
    let mut config = config();
    let rule = hark_insight::MentionRule {
        id: "detractor".into(),
        standing: vec![Standing::Detractor],
        ..Default::default()
    };
    config.mention_rules = vec![rule];
    let mut listener = Listener::new(config);
    let said = |item: u8| {
        mention("skylark")
            .item(item)
            .by(1)
            .negative()
            .on(at("10:00") + Span::from_minutes(item.into()))
    };
    assert_eq!(listener.hears(said(1)), []);
    let alerts = listener.hears(said(2));
    assert_eq!(alerts[0].evidence[0].standing, Standing::Detractor);
    // A remark without an experience is a detractor's remark, too.
    let remark = mention("skylark")
        .item(3)
        .by(1)
        .at("10:05")
        .touching("staff");
    listener.hears(remark);
    listener.waits_until(at("11:30"));
    assert_eq!(
        listener
            .hears(mention("skylark").item(4).by(1).at("11:30"))
            .len(),
        1
    );
}

#[test]
fn an_alert_of_a_brand_that_left_the_configuration_still_comes_to_its_end() {
    let mut listener = Listener::new(config());
    listener.hears(mention("skylark").churning().at("10:00"));
    let rules = hark_insight::Config {
        mention_rules: config().mention_rules,
        ..support::market(&["fennelway"])
    };
    listener.restarts_with(rules);
    listener.waits_until(at("12:00"));
    assert_eq!(
        listener.diary("churn-threat"),
        [
            (at("10:00"), Occasion::Opened),
            (at("10:30"), Occasion::Repeated),
            (at("11:00"), Occasion::Resolved),
        ]
    );
}
