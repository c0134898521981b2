use super::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const CAPTURE: &str = "jetstream_v1_prod_capture_2026-07-04.jsonl";

fn payload(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("HARK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join("sources/payloads/bluesky").join(name);
    if !path.is_file() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// What a file should come to, counted apart from the code under test.
fn expected(text: &str) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let of = |name: &str| event["commit"][name].as_str();
        let key = match (
            event["kind"].as_str().unwrap(),
            of("collection"),
            of("operation"),
        ) {
            ("commit", Some("app.bsky.feed.post"), Some("delete")) => "delete",
            ("commit", Some("app.bsky.feed.post"), _) => "upsert",
            ("commit", _, _) => "other_collection",
            ("identity", _, _) => "identity",
            ("account", _, _) if event["account"]["active"] == true => "active_account",
            ("account", _, _) => "author_delete",
            _ => "unknown",
        };
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

async fn replayed(
    archive: Archive,
    config: impl FnOnce(&ReplayServer) -> JetstreamConfig,
) -> Replayed {
    // A last post of our own marks the end.
    let end = Step::Text(post(1_000_000));
    let script = vec![Step::Archive(archive), end, Step::Stay];
    let mut server = ReplayServer::start(vec![script]).await.unwrap();
    let config = config(&server);
    let (intake, mut pipeline) = TestPipeline::new(10_000);
    let mut source = JetstreamSource::new("bluesky".into(), config).with_pace(QUICK);
    let counts = source.counts();
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let running = tokio::spawn(async move { source.run(&intake, None, stopped).await });
    let mut events: Vec<RawEvent> = Vec::new();
    while texts(&events).last() != Some(&"1000000") {
        events.extend(pipeline.next().await.unwrap().events);
    }
    events.pop();
    stop.cancel();
    running.await.unwrap().unwrap();
    let compress = server.asked().await.unwrap().get("compress").is_some();
    let mut found = BTreeMap::new();
    for event in &events {
        let key = match event {
            RawEvent::Upsert(_) => "upsert",
            RawEvent::Delete { .. } => "delete",
            RawEvent::AuthorDelete { .. } => "author_delete",
            RawEvent::Gap { .. } => "gap",
            RawEvent::Unusable { .. } => "unusable",
        };
        *found.entry(key).or_insert(0) += 1;
    }
    found.extend(
        counts
            .passed_over()
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(key, n)| (key, n as usize)),
    );
    Replayed {
        events,
        found,
        compress,
    }
}

struct Replayed {
    events: Vec<RawEvent>,
    found: BTreeMap<&'static str, usize>,
    compress: bool,
}

#[tokio::test]
async fn every_event_of_a_real_capture_and_of_the_golden_file_ends_where_it_should() {
    for name in [CAPTURE, "jetstream_v1_golden.jsonl"] {
        let Some(path) = payload(name) else { return };
        let text = std::fs::read_to_string(path).unwrap();
        let replayed = replayed(Archive::of(&text), |server| config(&[server])).await;
        assert_eq!(replayed.found, expected(&text), "{name}");
        assert!(!replayed.compress);
    }
}

#[tokio::test]
async fn a_packed_capture_gives_the_same_events_as_a_plain_one() {
    let (Some(path), Some(dictionary)) = (payload(CAPTURE), payload("legacy_subscribe.zdict"))
    else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let plain = replayed(Archive::of(&text), |server| config(&[server])).await;
    let bytes: Arc<[u8]> = std::fs::read(&dictionary).unwrap().into();
    let archive = Archive {
        dictionary: Some(bytes),
        ..Archive::of(&text)
    };
    let packed = replayed(archive, |server| JetstreamConfig {
        zstd_dictionary: Some(dictionary),
        ..config(&[server])
    })
    .await;
    assert!(packed.compress && !plain.compress);
    assert_eq!(packed.events, plain.events);
}

#[tokio::test]
async fn another_dictionary_than_the_services_turns_compression_off_and_loses_nothing() {
    let (Some(path), Some(right), Some(wrong)) = (
        payload(CAPTURE),
        payload("legacy_subscribe.zdict"),
        payload("subscribe_events_20260811.zdict"),
    ) else {
        return;
    };
    let text = std::fs::read_to_string(path).unwrap();
    let bytes: Arc<[u8]> = std::fs::read(&right).unwrap().into();
    let packed = Archive {
        dictionary: Some(bytes),
        ..Archive::of(&text)
    };
    let scripts = vec![
        vec![Step::Archive(packed), Step::Stay],
        vec![Step::Archive(Archive::of(&text)), Step::Stay],
    ];
    let mut server = ReplayServer::start(scripts).await.unwrap();
    let config = JetstreamConfig {
        zstd_dictionary: Some(wrong),
        ..config(&[&server])
    };
    let mut running = Running::start(config, QUICK, None);
    let posts = expected(&text)["upsert"];
    let (events, _) = running.until(|events| texts(events).len() >= posts).await;
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, RawEvent::Unusable { .. }))
    );
    assert_eq!(server.asked().await.unwrap().get("compress"), Some("true"));
    assert_eq!(server.asked().await.unwrap().get("compress"), None);
    running.stop().await;
}

#[test]
fn the_dates_and_languages_of_real_posts_are_read() {
    let Some(path) = payload(CAPTURE) else { return };
    let text = std::fs::read_to_string(path).unwrap();
    for line in text.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let record = &event["commit"]["record"];
        if event["commit"]["collection"] != "app.bsky.feed.post" || !record.is_object() {
            continue;
        }
        let Ok(RawEvent::Upsert(item)) = super::super::map::event(line.as_bytes()).outcome else {
            panic!("a real post is an item");
        };
        let created: jiff::Timestamp = record["createdAt"].as_str().unwrap().parse().unwrap();
        assert_eq!(item.created_at.millis(), created.as_millisecond());
        // Declared, verbatim: four of these declare a language they are not written in.
        assert_eq!(
            item.declared_language.as_deref(),
            record["langs"][0].as_str()
        );
    }
}
