use super::*;
use crate::source::RawEvent;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A client that has pushed an item, and waits for its answer.
async fn pushing(running: &Running) -> Client {
    let mut client = Client::connect(running.address).await;
    client.post(&[], ITEM.as_bytes()).await;
    client
}

#[tokio::test]
async fn an_item_is_answered_with_what_became_of_it() {
    let mut running = Running::start().await;
    let answer = running
        .post(&[("Content-Type", "application/json")], ITEM)
        .await;
    assert_eq!(answer.status, 202);
    let expected =
        serde_json::json!({ "accepted": 1, "duplicate": 0, "filtered": 0, "dead_lettered": 0 });
    assert_eq!(answer.body, expected);
    running.stop().await;
}

#[tokio::test]
async fn arrays_lines_and_packed_bodies_are_taken() {
    let mut running = Running::start().await;
    let array = format!("[{ITEM},{ITEM}]");
    let lines = format!("{ITEM}\n{ITEM}\n");
    let ndjson = ("Content-Type", "application/x-ndjson");
    for (headers, body) in [
        (vec![], array.clone().into_bytes()),
        (vec![ndjson], lines.clone().into_bytes()),
        (
            vec![("Content-Type", "application/json; charset=utf-8")],
            lines.clone().into_bytes(),
        ),
        (
            vec![ndjson, ("Content-Encoding", "gzip")],
            gzip(lines.as_bytes()),
        ),
    ] {
        let answer = running.post(&headers, body).await;
        assert_eq!(
            (answer.status, &answer.body["accepted"]),
            (202, &2.into()),
            "{headers:?}"
        );
    }
    let nothing = running.post(&[], "[]").await;
    assert_eq!(
        (nothing.status, &nothing.body["accepted"]),
        (202, &0.into())
    );
    running.stop().await;
}

#[tokio::test]
async fn nothing_is_acknowledged_before_it_is_committed() {
    let mut running = Running::start().await;
    let mut client = pushing(&running).await;
    let answering = tokio::spawn(async move { client.answer().await });
    while !running.pipeline.waiting() {
        tokio::task::yield_now().await;
    }
    assert!(
        !answering.is_finished(),
        "it is delivered, but not committed"
    );
    let handed = running.pipeline.next().await.unwrap();
    assert!(matches!(handed.events[..], [RawEvent::Upsert(_)]));
    assert_eq!(handed.cursor, None);
    assert_eq!(answering.await.unwrap().status, 202);
    running.stop().await;
}

#[tokio::test]
async fn a_running_request_is_finished_before_the_endpoint_stops() {
    let mut running = Running::start().await;
    let mut client = pushing(&running).await;
    let answering = tokio::spawn(async move { client.answer().await });
    while !running.pipeline.waiting() {
        tokio::task::yield_now().await;
    }
    running.stop.cancel();
    running.pipeline.next().await.unwrap();
    assert_eq!(answering.await.unwrap().status, 202);
    running.source.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_full_pipeline_is_answered_with_try_again() {
    let mut running = Running::start_with(1, Duration::from_secs(30), |config| {
        config.max_wait = Duration::from_millis(20);
    })
    .await;
    let mut first = pushing(&running).await;
    while !running.pipeline.waiting() {
        tokio::task::yield_now().await;
    }
    let mut second = pushing(&running).await;
    let refused = second.answer().await;
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after: 1"), "{}", refused.head);
    running.pipeline.next().await.unwrap();
    assert_eq!(first.answer().await.status, 202);
    running.stop().await;
}

#[tokio::test]
async fn a_commit_that_takes_too_long_is_answered_with_try_again() {
    let mut running = Running::start_with(1, Duration::from_secs(30), |config| {
        config.max_commit_wait = Duration::from_millis(20);
    })
    .await;
    let mut client = pushing(&running).await;
    let refused = client.answer().await;
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after:"), "{}", refused.head);
    running.pipeline.next().await.unwrap();
    running.stop().await;
}

#[tokio::test]
async fn a_pipeline_that_has_stopped_is_answered_with_try_again() {
    let running = Running::start().await;
    drop(running.pipeline);
    let mut client = Client::connect(running.address).await;
    client.post(&[], ITEM.as_bytes()).await;
    let refused = client.answer().await;
    assert_eq!(refused.status, 503);
    assert!(refused.head.contains("retry-after:"));
    running.stop.cancel();
    running.source.await.unwrap().unwrap();
}
