//! What is deleted or edited at the source leaves alerts and counts.

mod support;

use hark_insight::Outcome;
use hark_model::{AlertState, Occasion, Window};
use support::mention::{author_gone, gone};
use support::{Listener, at, config, mention};

#[test]
fn a_deletion_takes_the_evidence_out_of_a_firing_alert_and_ends_an_empty_one() {
    let mut listener = Listener::new(config());
    listener.hears(
        mention("skylark")
            .item(1)
            .churning()
            .at("10:00")
            .saying("one"),
    );
    listener.hears(
        mention("skylark")
            .item(2)
            .churning()
            .at("10:00:05")
            .saying("two"),
    );
    listener.waits_until(at("10:01"));
    let amended = listener.learns(gone(1, None, 9));
    assert_eq!((amended.len(), amended[0].occasion), (1, Occasion::Amended));
    assert_eq!((amended[0].mentions, amended[0].evidence.len()), (1, 1));
    assert_eq!(&*amended[0].evidence[0].text, "two");
    assert_eq!(listener.learns(gone(1, None, 9)), []);
    let resolved = listener.learns(gone(2, None, 9));
    assert_eq!(
        (resolved[0].occasion, resolved[0].mentions),
        (Occasion::Resolved, 0)
    );
    assert_eq!(
        (resolved[0].state, resolved[0].evidence.len()),
        (AlertState::Resolved, 0)
    );
    assert_eq!(listener.report().alerts().unwrap().firing, 0);
}

#[test]
fn an_edit_keeps_its_alert_alive_with_the_new_text() {
    let mut listener = Listener::new(config());
    let said = |order, text: &str| {
        mention("skylark")
            .item(1)
            .version(order, "")
            .negative()
            .saying(text)
            .at("10:00")
    };
    listener.hears(said(1, "I will sue"));
    let amended = listener.hears(said(2, "I will sue, really"));
    assert_eq!((amended.len(), amended[0].occasion), (1, Occasion::Amended));
    assert_eq!(&*amended[0].evidence[0].text, "I will sue, really");
    let over = listener.hears(said(3, "never mind"));
    assert_eq!((over.len(), over[0].occasion), (1, Occasion::Resolved));
}

#[test]
fn an_edit_that_alerts_after_the_alert_was_over_is_another_alert() {
    let mut listener = Listener::new(config());
    let said = |order, text: &str| {
        mention("skylark")
            .item(1)
            .version(order, "")
            .negative()
            .saying(text)
            .at("10:00")
    };
    let first = listener.hears(said(1, "I will sue"));
    listener.hears(said(2, "never mind"));
    let again = listener.hears(said(3, "I do sue"));
    assert_eq!(
        (again[0].occasion, again[0].revision),
        (Occasion::Opened, 1)
    );
    assert_ne!(again[0].id, first[0].id);
}

#[test]
fn an_edit_moves_the_counts_between_brands() {
    let mut listener = Listener::new(config());
    let said = |brand: &str, order| mention(brand).item(1).version(order, "").by(1).negative();
    listener.hears(said("skylark", 1).at("10:00"));
    listener.hears(said("fennelway", 2).at("10:00"));
    assert_eq!(
        listener.share("skylark").voice,
        hark_model::Voice::default()
    );
    assert_eq!(listener.share("fennelway").voice.authors.negative, 1);
    let stale = said("skylark", 1).at("10:00").event();
    assert_eq!(listener.outcome(&stale, at("10:01")), Outcome::Stale);
    let again = said("fennelway", 2).at("10:00").event();
    assert_eq!(listener.outcome(&again, at("10:01")), Outcome::Duplicate);
    listener.waits_until(at("10:02"));
    let published = listener.published("fennelway", Window::Hour).unwrap();
    assert_eq!(published.mention_share, Some(1.0));
}

#[test]
fn an_edit_that_names_only_brands_of_no_market_takes_the_old_reading_back() {
    let mut listener = Listener::new(config());
    listener.hears(mention("skylark").item(1).version(1, "").at("10:00"));
    let moved = mention("unlisted")
        .item(1)
        .version(2, "")
        .at("10:00")
        .event();
    assert_eq!(listener.outcome(&moved, at("10:01")), Outcome::UnknownBrand);
    assert_eq!(listener.share("skylark").voice.mentions.total, 0);
    let stale = mention("skylark")
        .item(1)
        .version(1, "")
        .at("10:00")
        .event();
    assert_eq!(listener.outcome(&stale, at("10:01")), Outcome::Stale);
}

#[test]
fn an_author_deletion_takes_everything_up_to_its_order_and_nothing_later() {
    let mut listener = Listener::new(config());
    let said = |item: u8, order| {
        mention("skylark")
            .item(item)
            .version(order, "")
            .by(1)
            .at("10:00")
    };
    for (item, order) in [(1, 10), (2, 20), (3, 30)] {
        listener.hears(said(item, order).negative());
    }
    listener.hears(mention("skylark").item(4).version(10, "").by(2).at("10:00"));
    let event = author_gone(1, 20);
    assert_eq!(listener.outcome(&event, at("10:01")), Outcome::Retracted(2));
    assert_eq!(listener.outcome(&event, at("10:01")), Outcome::Duplicate);
    let share = listener.share("skylark");
    assert_eq!(
        (share.voice.mentions.total, share.voice.authors.total),
        (2, 2)
    );
    let late = said(5, 15).negative().event();
    assert_eq!(listener.outcome(&late, at("10:02")), Outcome::Stale);
    let later = said(6, 21).negative().event();
    assert_eq!(listener.outcome(&later, at("10:02")), Outcome::Counted);
}

#[test]
fn an_item_that_was_taken_back_may_be_given_to_another_author() {
    let mut listener = Listener::new(config());
    listener.hears(mention("skylark").item(1).version(1, "").at("10:00"));
    listener.learns(gone(1, None, 2));
    listener.hears(mention("skylark").item(1).version(2, "").by(2).at("10:00"));
    assert_eq!(listener.share("skylark").voice.authors.total, 1);
    assert_eq!(listener.share("skylark").voice.mentions.total, 1);
}

#[test]
fn an_author_who_is_gone_leaves_no_older_version_behind() {
    let mut listener = Listener::new(config());
    // The first version came without its author; the author deletes before the second is heard.
    listener.hears(mention("skylark").item(1).version(1, "").at("10:00"));
    listener.learns(author_gone(1, 3));
    listener.learns(gone(1, None, 2));
    let edit = mention("skylark")
        .item(1)
        .version(2, "")
        .by(1)
        .at("10:00")
        .event();
    assert_eq!(listener.outcome(&edit, at("10:01")), Outcome::Stale);
    assert_eq!(listener.share("skylark").voice.mentions.total, 0);
}

#[test]
fn a_deletion_takes_the_mention_out_of_an_incident_and_may_end_it() {
    let mut listener = Listener::new(config());
    listener.lives_through("skylark", at("06:00"), 4);
    let alerts = listener.storms(24, |said| said.by(7));
    assert_eq!(alerts[0].rule.as_ref(), "spike");
    let amended = listener.learns(author_gone(7, 9));
    assert!(
        amended
            .iter()
            .all(|alert| alert.evidence.iter().all(|e| e.author.is_none()))
    );
    assert!(!amended.is_empty());
    let over = listener.waits(hark_model::Span::from_minutes(2));
    assert_eq!(over.last().unwrap().state, AlertState::Resolved);
}
