//! What survives the end of a process.

use crate::support::receiver::{Receiver, Reply};
use crate::support::{START, World, alert, opened, webhook};
use hark_care::CareError;
use hark_model::{Evidence, ItemId, Occasion, Sentiment, SourceId, Standing, Timestamp};
use hark_stream::{ErrorKind, Log, TaskId};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

#[test]
fn the_outbox_outlives_the_process_and_attempts_go_on_counting() {
    let mut world = World::new();
    let receiver = Receiver::new().always(Reply::Status(500));
    let webhooks = [webhook("desk", &receiver.url)];
    for id in ["a", "b"] {
        world.publish(&opened(id));
    }
    assert_eq!(world.run_until_idle(&webhooks).delivered, 0);
    world.restart();
    // Long over, but hark did not run: both have a last try before they are given up.
    world.advance(73 * HOUR);
    let running = world.start(&webhooks);
    world.until("desk", "retried", 2);
    assert_eq!(world.waiting("desk"), 2);
    world.advance(5 * MINUTE);
    world.until("desk", "given_up", 2);
    running.stop().unwrap();
    let letters = world.dead_letters();
    let reason = letters[0]
        .headers
        .iter()
        .find(|(name, _)| name == "hark-reason")
        .unwrap();
    let reason = String::from_utf8_lossy(&reason.1);
    // One attempt before the restart and one after it at least; a slow machine fits in another.
    assert!(reason.contains("within 3days 1h 5m and "), "{reason}");
    assert!(!reason.contains("and 1 attempt"), "{reason}");
}

#[test]
fn killed_between_sending_and_committing_it_sends_again_under_the_same_id() {
    let mut world = World::new();
    let log = Arc::downgrade(&world.log());
    // Taking the task over is what a kill looks like to the log: no later commit comes through.
    let kill = Arc::new(move || {
        drop(
            log.upgrade()
                .unwrap()
                .task(&TaskId::new("care", 0), &[])
                .unwrap(),
        );
    });
    let receiver = Receiver::new().answering_first([Reply::After(204, kill)]);
    let webhooks = [webhook("desk", &receiver.url)];
    let running = world.start(&webhooks);
    world.publish(&opened("a"));
    match running.end() {
        Err(CareError::Log(error)) => assert_eq!(error.kind(), ErrorKind::Fenced),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.notices("desk", "delivered"), 0);
    assert_eq!(
        world.health.readiness(Instant::now()).reasons,
        ["care: stopped with an error"]
    );
    let first = receiver.next();
    world.restart();
    assert_eq!(world.run_until_idle(&webhooks).delivered, 1);
    let second = receiver.next();
    assert_eq!((first.id(), &first.body), (second.id(), &second.body));
}

#[test]
fn told_to_stop_it_lets_what_is_under_way_finish() {
    let world = World::new();
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    let slow = Reply::After(204, Arc::new(move || wait.lock().unwrap().recv().unwrap()));
    let receiver = Receiver::new().answering_first([slow]);
    let webhooks = [webhook("desk", &receiver.url)];
    let running = world.start(&webhooks);
    world.publish(&opened("a"));
    receiver.next();
    running.tell_to_stop();
    go.send(()).unwrap();
    assert_eq!(running.end().unwrap().delivered, 1);
    assert_eq!(world.run_until_idle(&webhooks).delivered, 0);
}

#[test]
fn notices_for_a_webhook_that_was_taken_out_wait_three_days_and_are_then_given_up() {
    let mut world = World::new();
    let receiver = Receiver::new().failing_first(1);
    world.publish(&opened("a"));
    world.run_until_idle(&[webhook("desk", &receiver.url)]);
    world.restart();
    world.advance(71 * HOUR);
    assert_eq!(world.run_until_idle(&[]).given_up, 0);
    assert_eq!(world.waiting("not-configured"), 1);
    world.restart();
    world.advance(HOUR);
    assert_eq!(world.run_until_idle(&[]).given_up, 1);
    assert_eq!(world.dead_letters().len(), 1);
}

#[test]
fn a_webhook_that_comes_back_gets_what_waited_for_it() {
    let mut world = World::new();
    let receiver = Receiver::new().failing_first(1);
    let webhooks = [webhook("desk", &receiver.url)];
    world.publish(&opened("a"));
    world.run_until_idle(&webhooks);
    world.restart();
    world.run_until_idle(&[]);
    world.advance(HOUR);
    assert_eq!(world.run_until_idle(&webhooks).delivered, 1);
}

#[test]
fn what_was_deleted_at_its_source_is_not_told_by_a_notice_that_waited() {
    let world = World::new();
    let receiver = Receiver::new().failing_first(1);
    let webhooks = [webhook("desk", &receiver.url)];
    let mut told = opened("a");
    told.evidence.push(Evidence {
        item: ItemId::new(SourceId::new("push"), "1"),
        url: None,
        text: Arc::from("deleted later"),
        event_time: Timestamp::from_millis(START),
        sentiment: Sentiment::Negative,
        confidence: 0.9,
        author: None,
        standing: Standing::Provisional,
        reach: None,
        clause: Arc::from("skylark"),
    });
    world.publish(&told);
    world.run_until_idle(&webhooks);
    world.publish(&alert("a", 2, Occasion::Amended));
    world.advance(HOUR);
    world.run_until_idle(&webhooks);
    let (first, second) = (receiver.next(), receiver.next());
    let shows = |body: &[u8]| String::from_utf8_lossy(body).contains("deleted later");
    assert!(shows(&first.body) && !shows(&second.body));
    assert_eq!((first.id(), second.id()), ("a/1", "a/1"));
    assert_eq!(second.json()["type"], "hark.alert.v1.opened");
}
