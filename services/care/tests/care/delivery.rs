//! What receivers get.

use crate::support::receiver::{Receiver, Reply};
use crate::support::{KEY, START, World, alert, opened, webhook, webhook_with};
use hark_model::{BrandId, Occasion};
use hark_proto::{Encoding, Format, cloud_event};

#[test]
fn an_alert_is_delivered_once_signed_and_verifiable() {
    let (world, receiver) = (World::synchronous(), Receiver::new());
    let webhooks = [webhook("desk", &receiver.url)];
    world.publish(&opened("7f"));
    assert_eq!(world.run_until_idle(&webhooks).delivered, 1);
    assert_eq!(world.run_until_idle(&webhooks).delivered, 0);

    let delivery = receiver.next();
    assert!(delivery.is_signed_with(KEY));
    assert!(!delivery.is_signed_with(b"another key"));
    assert_eq!(delivery.id(), "7f/1");
    assert_eq!(delivery.attempted_at(), START / 1_000);
    assert_eq!(
        delivery.header("content-type"),
        "application/cloudevents+json"
    );
    assert_eq!(
        delivery.header("user-agent"),
        concat!("hark/", env!("CARGO_PKG_VERSION"))
    );
    let event = delivery.json();
    assert_eq!(event["type"], "hark.alert.v1.opened");
    assert_eq!(event["id"], "7f/1");
    assert_eq!(event["data"]["summary"], "skylark: safety, revision 1");
    assert!(receiver.rest().is_empty());
    assert_eq!(world.waiting("desk"), 0);
}

#[test]
fn an_alert_written_as_json_is_told_in_the_same_words() {
    let (world, receiver) = (World::new(), Receiver::new());
    let webhooks = [webhook("desk", &receiver.url)];
    let as_json = Encoding {
        format: Format::Json,
        ..Encoding::default()
    };
    let (framed, json) = (opened("framed"), opened("json"));
    world.publish(&framed);
    world.publish_bytes(&as_json.write(&json), Vec::new());
    assert_eq!(world.run_until_idle(&webhooks).delivered, 2);
    let mut told = [receiver.next().json(), receiver.next().json()];
    told.sort_by_key(|event| event["id"].to_string());
    assert_eq!(told, [cloud_event(&framed), cloud_event(&json)]);
}

#[test]
fn brand_and_severity_decide_who_is_told() {
    let (world, all, skylark, severe) = (
        World::new(),
        Receiver::new(),
        Receiver::new(),
        Receiver::new(),
    );
    let webhooks = [
        webhook("all", &all.url),
        webhook_with("skylark", &skylark.url, "brands = [\"skylark\"]"),
        webhook_with("severe", &severe.url, "min_severity = 6"),
    ];
    let mut other = opened("other");
    other.brand = BrandId::new("northwind-air");
    other.severity = 6;
    world.publish(&opened("own"));
    world.publish(&other);
    assert_eq!(world.run_until_idle(&webhooks).delivered, 4);
    let mut ids = all.rest();
    ids.sort();
    assert_eq!(ids, ["other/1", "own/1"]);
    assert_eq!(skylark.rest(), ["own/1"]);
    assert_eq!(severe.rest(), ["other/1"]);
}

#[test]
fn every_record_has_one_outcome() {
    let (world, receiver) = (World::new(), Receiver::new());
    world.publish(&opened("a"));
    world.publish(&alert("a", 2, Occasion::Inhibited));
    world.publish(&alert("a", 3, Occasion::Amended));
    world.publish_bytes(b"no alert", vec![("own".to_owned(), b"header".to_vec())]);
    let mut mild = opened("b");
    mild.severity = 1;
    world.publish(&mild);
    let webhooks = [webhook_with("desk", &receiver.url, "min_severity = 2")];
    assert_eq!(world.run_until_idle(&webhooks).alerts, 5);
    assert_eq!(receiver.rest(), ["a/1"]);
    for (outcome, count) in [
        ("noticed", 1),
        ("silent", 2),
        ("unmatched", 1),
        ("dead_letter", 1),
    ] {
        assert_eq!(
            world.metrics.alerts.with_label_values(&[outcome]).get(),
            count,
            "{outcome}"
        );
    }
}

#[test]
fn a_record_that_is_no_alert_becomes_a_dead_letter_and_its_neighbours_are_told() {
    let (world, receiver) = (World::new(), Receiver::new());
    world.publish(&opened("a"));
    world.publish_bytes(b"no alert", vec![("own".to_owned(), b"header".to_vec())]);
    world.publish(&opened("b"));
    world.run_until_idle(&[webhook("desk", &receiver.url)]);
    let mut ids = receiver.rest();
    ids.sort();
    assert_eq!(ids, ["a/1", "b/1"]);
    let letters = world.dead_letters();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].value.as_deref(), Some(&b"no alert"[..]));
    assert_eq!(&*letters[0].key, b"hark.alerts/0/1");
    let header = |name: &str| {
        letters[0]
            .headers
            .iter()
            .find(|(own, _)| own == name)
            .unwrap()
    };
    assert_eq!(header("own").1, b"header");
    assert_eq!(header("hark-reason-kind").1, b"frame_magic");
    for name in hark_proto::dead_letter::ALL {
        header(name);
    }
}

#[test]
fn the_revisions_of_an_alert_arrive_in_their_order() {
    let (world, receiver) = (World::new(), Receiver::new().failing_first(1));
    let running = world.start(&[webhook("desk", &receiver.url)]);
    world.publish(&opened("a"));
    world.until("desk", "retried", 1);
    world.publish(&alert("a", 2, Occasion::Updated));
    world.publish(&alert("a", 3, Occasion::Resolved));
    world.until("desk", "superseded", 1);
    world.advance(std::time::Duration::from_secs(1));
    world.until("desk", "delivered", 2);
    running.stop().unwrap();
    assert_eq!(receiver.rest(), ["a/1", "a/1", "a/3"]);
}

#[test]
fn a_redirect_is_a_failure_and_not_followed() {
    let (world, elsewhere) = (World::new(), Receiver::new());
    let to = elsewhere.url.to_string();
    let receiver = Receiver::new().always(Reply::With(307, "location", to));
    world.publish(&opened("a"));
    assert_eq!(
        world
            .run_until_idle(&[webhook("desk", &receiver.url)])
            .delivered,
        0
    );
    assert_eq!(receiver.rest(), ["a/1"]);
    assert!(elsewhere.rest().is_empty());
    assert_eq!(
        (world.notices("desk", "retried"), world.waiting("desk")),
        (1, 1)
    );
}

#[test]
fn without_webhooks_alerts_are_read_and_nobody_is_told() {
    let world = World::new();
    world.publish(&opened("a"));
    let report = world.run_until_idle(&[]);
    assert_eq!((report.alerts, report.delivered), (1, 0));
}
