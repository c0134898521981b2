//! A restart changes nothing of what is said.

mod support;

use hark_insight::{Insight, TimeMode};
use hark_model::{Span, Timestamp};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_oneof, proptest};
use support::mention::{author, author_gone, gap, gone};
use support::{Listener, at, config, mention};

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Waits(i64),
    Storm(i64),
    Churn(u8),
    Safety(u8),
    Praise(u8),
    ItemGone(u8),
    AuthorGone(u8),
    Gap,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..3_000_i64).prop_map(Step::Waits),
        1 => (3_000..90_000_i64).prop_map(Step::Waits),
        3 => (5..20_i64).prop_map(Step::Storm),
        3 => (0..9_u8).prop_map(Step::Churn),
        2 => (0..9_u8).prop_map(Step::Safety),
        3 => (0..9_u8).prop_map(Step::Praise),
        2 => (0..9_u8).prop_map(Step::ItemGone),
        1 => (1..4_u8).prop_map(Step::AuthorGone),
        1 => proptest::strategy::Just(Step::Gap),
    ]
}

/// Everything said, and how often a restart came between.
fn said(steps: &[Step], restarts: Option<u64>, time: TimeMode) -> Vec<Insight> {
    let mut listener = Listener::new(hark_insight::Config { time, ..config() });
    listener.lives_through("skylark", at("08:00"), 2);
    for (number, step) in steps.iter().enumerate() {
        let order = number as i64;
        let now: Timestamp = listener.now() + Span::from_seconds(1);
        let said = |item: u8| {
            mention("skylark")
                .item(item)
                .version(order, "")
                .on(now)
                .by(item % 4 + 1)
        };
        match *step {
            Step::Waits(seconds) => drop(listener.waits(Span::from_seconds(seconds))),
            Step::Storm(mentions) => {
                let words = |said: support::Said| said.saying("charged twice").touching("payment");
                listener.storms(mentions, words);
            }
            Step::Churn(item) => drop(listener.hears(said(item).churning().touching("delivery"))),
            Step::Safety(item) => drop(listener.hears(said(item).negative().saying("I will sue"))),
            Step::Praise(item) => drop(listener.hears(said(item).positive().saying("lovely"))),
            Step::ItemGone(item) => {
                drop(listener.learns(gone(item, Some(author(item % 4 + 1)), order)));
            }
            Step::AuthorGone(author) => drop(listener.learns(author_gone(author, order))),
            Step::Gap => drop(listener.learns(gap("09:00", "10:30"))),
        }
        if restarts.is_some_and(|restarts| restarts >> (number % 64) & 1 == 1) {
            listener.restarts();
        }
    }
    listener.waits(Span::from_hours(3));
    listener.said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_restart_anywhere_changes_no_word_of_what_is_said(
        steps in vec(step(), 1..16),
        restarts in any::<u64>(),
        wall in any::<bool>(),
    ) {
        let time = if wall { TimeMode::Wall } else { TimeMode::Event };
        let (whole, torn) = (said(&steps, None, time), said(&steps, Some(restarts), time));
        for (number, (whole, torn)) in whole.iter().zip(&torn).enumerate() {
            assert_eq!(whole, torn, "at insight {number}");
        }
        assert_eq!(whole.len(), torn.len());
    }
}

#[test]
fn the_same_events_in_other_batches_open_the_same_alerts() {
    let run = |flush_each: bool| {
        let mut listener = Listener::new(config());
        for number in 0..30_i64 {
            let time = at("10:00") + Span::from_seconds(number);
            let said = mention("skylark")
                .item(number)
                .on(time)
                .churning()
                .saying("never again");
            listener.outcome(&said.event(), time);
            if flush_each {
                listener.restarts();
            }
        }
        listener.waits_until(at("10:02"));
        listener
            .told
            .into_iter()
            .map(|(_, alert)| alert)
            .collect::<Vec<_>>()
    };
    let (once, often) = (run(false), run(true));
    assert_eq!(once, often);
    assert_eq!(once.len(), 2);
}
