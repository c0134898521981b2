//! What happens while a receiver does not take notices.

use crate::support::receiver::{Receiver, Reply};
use crate::support::{World, opened, webhook, webhook_with};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_notice_is_tried_again_until_it_is_taken() {
    let (world, receiver) = (World::new(), Receiver::new().failing_first(2));
    let running = world.start(&[webhook("desk", &receiver.url)]);
    world.publish(&opened("a"));
    world.until("desk", "retried", 1);
    world.advance(SECOND);
    world.until("desk", "retried", 2);
    world.advance(2 * SECOND);
    world.until("desk", "delivered", 1);
    assert_eq!(running.stop().unwrap().delivered, 1);
    assert_eq!(receiver.rest(), ["a/1", "a/1", "a/1"]);
}

#[test]
fn retry_after_is_honoured_for_everything_the_endpoint_is_to_get() {
    let asked = Reply::With(429, "retry-after", "7".to_owned());
    let (world, receiver) = (World::new(), Receiver::new().answering_first([asked]));
    let running = world.start(&[webhook("desk", &receiver.url)]);
    world.publish(&opened("a"));
    world.until("desk", "retried", 1);
    world.publish(&opened("b"));
    world.until("desk", "queued", 2);
    let first = receiver.next().attempted_at();
    let mut later = Vec::new();
    for _ in 0..7 {
        world.advance(SECOND);
        later.extend(receiver.within(Duration::from_millis(20)));
    }
    world.until("desk", "delivered", 2);
    running.stop().unwrap();
    later.extend(std::iter::from_fn(|| receiver.within(Duration::ZERO)));
    assert_eq!(later.len(), 2);
    assert!(
        later
            .iter()
            .all(|delivery| delivery.attempted_at() - first >= 7)
    );
}

#[test]
fn a_date_in_retry_after_is_honoured_to_the_second() {
    // 1_700_000_000 and nine seconds.
    let date = "Tue, 14 Nov 2023 22:13:29 GMT".to_owned();
    let receiver = Receiver::new().answering_first([Reply::With(503, "retry-after", date)]);
    let world = World::new();
    let running = world.start(&[webhook("desk", &receiver.url)]);
    world.publish(&opened("a"));
    let first = receiver.next().attempted_at();
    world.until("desk", "retried", 1);
    let second = (0..30).find_map(|_| {
        world.advance(SECOND);
        receiver.within(Duration::from_millis(20))
    });
    running.stop().unwrap();
    assert!(second.unwrap().attempted_at() - first >= 9);
}

#[test]
fn an_endpoint_that_does_not_answer_holds_up_nobody_else() {
    let (world, dead, alive) = (
        World::new(),
        Receiver::new().always(Reply::Never),
        Receiver::new(),
    );
    let lines = "timeout = \"1h\"";
    let webhooks = [
        webhook_with("dead", &dead.url, lines),
        webhook("alive", &alive.url),
    ];
    let running = world.start(&webhooks);
    for number in 0..20 {
        let id = format!("{number:02}");
        world.publish(&opened(&id));
        assert_eq!(
            alive.next().id(),
            format!("{id}/1"),
            "while the other one hangs"
        );
    }
    world.until("alive", "delivered", 20);
    assert_eq!((world.waiting("alive"), world.waiting("dead")), (0, 20));
    // No more than a few requests hang.
    assert_eq!(
        (0..5)
            .filter_map(|_| dead.within(Duration::from_millis(50)))
            .count(),
        4
    );
    drop(dead);
    running.stop().unwrap();
}

#[test]
fn an_outage_of_an_hour_loses_nothing_and_is_made_up_for_within_five_minutes() {
    let (world, receiver) = (World::new(), Receiver::new().always(Reply::Status(503)));
    let running = world.start(&[webhook("desk", &receiver.url)]);
    for number in 0..30 {
        world.publish(&opened(&format!("{number:02}")));
    }
    world.until("desk", "queued", 30);
    let mut attempts = 0;
    for _ in 0..60 {
        world.advance(MINUTE);
        while receiver.within(Duration::from_millis(10)).is_some() {
            attempts += 1;
        }
    }
    assert!(attempts < 150, "{attempts} attempts are a siege");
    assert_eq!(world.notices("desk", "delivered"), 0);
    assert_eq!(
        world.metrics.webhook_up.with_label_values(&["desk"]).get(),
        0
    );
    receiver.henceforth(Reply::Status(204));
    for _ in 0..5 {
        world.advance(MINUTE);
        while receiver.within(Duration::from_millis(50)).is_some() {}
    }
    world.until("desk", "delivered", 30);
    assert_eq!(world.waiting("desk"), 0);
    assert_eq!(
        world.metrics.webhook_up.with_label_values(&["desk"]).get(),
        1
    );
    running.stop().unwrap();
}

#[test]
fn a_notice_undelivered_for_too_long_becomes_a_dead_letter() {
    let (world, receiver) = (World::new(), Receiver::new().always(Reply::Status(500)));
    let running = world.start(&[webhook_with(
        "desk",
        &receiver.url,
        "give_up_after = \"1h\"",
    )]);
    world.publish(&opened("a"));
    world.until("desk", "retried", 1);
    world.advance(60 * MINUTE);
    world.until("desk", "given_up", 1);
    assert_eq!(running.stop().unwrap().given_up, 1);
    assert_eq!(world.waiting("desk"), 0);

    let letters = world.dead_letters();
    assert_eq!(letters.len(), 1);
    let header = |name: &str| {
        let found = letters[0].headers.iter().find(|(own, _)| own == name);
        String::from_utf8(found.unwrap().1.clone()).unwrap()
    };
    assert_eq!(header("hark-reason-kind"), "undelivered");
    assert_eq!(header("hark-webhook"), "desk");
    assert_eq!(header("hark-source-offset"), "0");
    assert_eq!(header("ce_id"), "a/1");
    let reason = header("hark-reason");
    assert!(
        reason.contains("1h") && reason.contains("answered 500"),
        "{reason}"
    );
    assert!(!reason.contains("canary"), "{reason}");
    assert_eq!(
        letters[0].value.as_deref(),
        Some(hark_proto::Wire::encode(&opened("a")).as_slice())
    );
}

#[test]
fn an_endpoint_that_says_gone_is_left_alone_until_a_restart() {
    let mut world = World::new();
    let receiver = Receiver::new().answering_first([Reply::Status(410)]);
    let webhooks = [webhook("desk", &receiver.url)];
    let running = world.start(&webhooks);
    world.publish(&opened("a"));
    world.until("desk", "retried", 1);
    world.publish(&opened("b"));
    world.until("desk", "queued", 2);
    world.advance(60 * MINUTE);
    assert_eq!(running.stop().unwrap().delivered, 0);
    assert_eq!(receiver.rest(), ["a/1"]);
    assert_eq!(
        world.metrics.webhook_up.with_label_values(&["desk"]).get(),
        0
    );
    world.restart();
    assert_eq!(world.run_until_idle(&webhooks).delivered, 2);
}
