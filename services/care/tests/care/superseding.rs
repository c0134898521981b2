//! What a newer revision of an alert does to older ones that wait.

use crate::support::receiver::{Receiver, Reply};
use crate::support::{World, alert, opened, webhook};
use hark_model::Occasion;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_later_revision_takes_the_place_of_an_update_but_never_of_an_opening_or_an_end() {
    let (world, receiver) = (World::new(), Receiver::new().failing_first(1));
    let running = world.start(&[webhook("desk", &receiver.url)]);
    world.publish(&opened("a"));
    world.until("desk", "retried", 1);
    for (revision, occasion) in [
        (2, Occasion::Updated),
        (3, Occasion::Repeated),
        (4, Occasion::Resolved),
        (5, Occasion::Opened),
    ] {
        world.publish(&alert("a", revision, occasion));
    }
    world.until("desk", "superseded", 2);
    world.advance(SECOND);
    world.until("desk", "delivered", 3);
    running.stop().unwrap();
    assert_eq!(receiver.rest(), ["a/1", "a/1", "a/4", "a/5"]);
    let sum: u64 = ["delivered", "superseded", "given_up"]
        .map(|o| world.notices("desk", o))
        .iter()
        .sum();
    assert_eq!(world.notices("desk", "queued"), sum);
}

#[test]
fn an_update_that_failed_gives_way_to_a_newer_one() {
    let world = World::new();
    let receiver = Receiver::new().answering_first([204, 500].map(Reply::Status));
    let webhooks = [webhook("desk", &receiver.url)];
    for (revision, occasion) in [
        (1, Occasion::Opened),
        (2, Occasion::Updated),
        (3, Occasion::Updated),
    ] {
        world.publish(&alert("a", revision, occasion));
        world.run_until_idle(&webhooks);
    }
    assert_eq!(receiver.rest(), ["a/1", "a/2", "a/3"]);
    assert_eq!(world.notices("desk", "superseded"), 1);
}

#[test]
fn an_update_that_fails_while_a_newer_one_waits_is_not_tried_again() {
    let world = World::new();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let slow = Reply::After(
        500,
        std::sync::Arc::new(move || wait.lock().unwrap().recv().unwrap()),
    );
    let receiver = Receiver::new().answering_first([Reply::Status(204), slow]);
    let running = world.start(&[webhook("desk", &receiver.url)]);
    world.publish(&opened("a"));
    world.until("desk", "delivered", 1);
    world.publish(&alert("a", 2, Occasion::Updated));
    world.until("desk", "queued", 2);
    assert_eq!(
        [receiver.next(), receiver.next()]
            .each_ref()
            .map(|d| d.id()),
        ["a/1", "a/2"]
    );
    // On its way, so it is not dropped yet.
    world.publish(&alert("a", 3, Occasion::Updated));
    world.until("desk", "queued", 3);
    assert_eq!(world.notices("desk", "superseded"), 0);
    go.send(()).unwrap();
    world.until("desk", "delivered", 2);
    running.stop().unwrap();
    assert_eq!(receiver.rest(), ["a/3"]);
    assert_eq!(
        (
            world.notices("desk", "superseded"),
            world.notices("desk", "retried")
        ),
        (1, 0)
    );
}
