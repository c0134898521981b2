//! A service that sleeps until the next deadline tells everything exactly when it is due.

mod support;

use hark_insight::Insight;
use hark_model::{Span, Timestamp, Window};
use support::listener::replaying;
use support::{Listener, Said, at, config, mention};

fn said() -> Vec<Said> {
    let mut said: Vec<Said> = (0..20_i64)
        .map(|number| {
            let time = at("10:00:40") + Span::from_millis(number * 7_777);
            mention("skylark").item(number).negative().on(time)
        })
        .collect();
    for (item, time) in [
        ("a", "10:01:00"),
        ("b", "10:01:20"),
        ("c", "10:02:00"),
        ("d", "10:06:00"),
    ] {
        said.push(mention("skylark").item(item).churning().at(time));
    }
    said.sort_by_key(|said| said.0.event_time);
    said
}

/// Everything said, each with the moment it was said.
fn heard(pass: impl Fn(&mut Listener, Timestamp)) -> Vec<(Timestamp, Insight)> {
    let mut listener = Listener::new(config());
    for said in said() {
        pass(&mut listener, said.0.event_time);
        listener.hears(said);
    }
    pass(&mut listener, at("10:12"));
    listener.moments.into_iter().zip(listener.said).collect()
}

#[test]
fn sleeping_until_the_next_deadline_misses_nothing_that_asking_all_the_time_finds() {
    let asleep = heard(|listener, moment| drop(listener.waits_until(moment)));
    let awake = heard(|listener, moment| {
        let mut now = listener.now().max(at("10:00:40"));
        while now < moment {
            now = now + Span::from_millis(1);
            listener.advances(now);
        }
    });
    assert!(asleep.len() > 100, "{}", asleep.len());
    for (asleep, awake) in asleep.iter().zip(&awake) {
        assert_eq!(asleep, awake);
    }
    assert_eq!(asleep.len(), awake.len());
}

#[test]
fn the_first_share_is_published_at_once_and_the_next_ten_seconds_later() {
    let mut listener = Listener::new(config());
    assert_eq!(listener.aggregator.next_deadline(), None);
    listener.hears(mention("skylark").item(1).at("10:00:05"));
    let first = listener.aggregator.next_deadline().unwrap();
    assert_eq!(first, at("10:00:05") + Span::from_millis(1));
    listener.waits_until(first);
    assert!(listener.published("skylark", Window::Hour).is_some());
    listener.hears(mention("skylark").item(2).at("10:00:07"));
    // Before that a pane closes.
    assert_eq!(listener.aggregator.next_deadline(), Some(at("10:00:10")));
    listener.waits_until(at("10:00:10"));
    assert_eq!(
        listener.aggregator.next_deadline(),
        Some(first + Span::from_seconds(10))
    );
}

#[test]
fn a_replay_waits_for_no_clock_and_ends_with_a_publication() {
    let mut listener = Listener::new(replaying(config()));
    listener.hears(mention("skylark").item(1).at("10:00"));
    listener.hears(mention("skylark").item(2).at("10:00:03"));
    assert_eq!(listener.aggregator.next_deadline(), None);
    listener.aggregator.finish(&mut listener.store).unwrap();
    listener.flush();
    assert_eq!(
        listener
            .published("skylark", Window::Hour)
            .unwrap()
            .voice
            .mentions
            .total,
        2
    );
    listener.aggregator.finish(&mut listener.store).unwrap();
    assert_eq!(listener.aggregator.flush(&mut listener.store).unwrap(), []);
}
