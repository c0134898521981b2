use super::*;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

#[tokio::test]
async fn ten_megabytes_in_one_post_are_refused_and_the_sender_hears_it() {
    let mut running = Running::start().await;
    let text = "x".repeat(10 << 20);
    let body = format!(r#"{{"id":"a","text":"{text}","created_at":1}}"#);
    let answer = running.post(&[], &body).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body["error"].as_str().unwrap().contains("1048576"));
    assert_eq!(
        running.post(&[], ITEM).await.status,
        202,
        "the next one is unharmed"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_gzip_bomb_is_refused() {
    let mut running = Running::start().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    bomb.write_all(&vec![b' '; 100 << 20]).unwrap();
    let bomb = bomb.finish().unwrap();
    assert!(bomb.len() < 1 << 20);
    assert_eq!(
        running
            .post(&[("Content-Encoding", "gzip")], bomb)
            .await
            .status,
        413
    );
    running.stop().await;
}

#[tokio::test]
async fn a_sender_who_asks_first_is_refused_before_it_sends() {
    let running = Running::start().await;
    let mut client = Client::connect(running.address).await;
    client
        .send(format!(
            "POST /v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Bearer {TOKEN}\r\nExpect: 100-continue\r\n\
             Content-Length: 10000000\r\n\r\n"
        ))
        .await;
    assert_eq!(client.answer().await.status, 413);
    running.stop().await;
}

#[tokio::test]
async fn a_head_that_does_not_come_in_time_ends_the_connection() {
    let running = Running::start_with(10, Duration::from_millis(50), |_| {}).await;
    let mut client = Client::connect(running.address).await;
    client.send("POST /v1/items HTTP/1.1\r\nHost: local").await;
    let said = client.rest().await;
    assert!(said.is_empty() || said.contains(" 408 "), "{said}");
    running.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_in_time_is_answered_408() {
    let running = Running::start_with(10, Duration::from_millis(50), |_| {}).await;
    let mut client = Client::connect(running.address).await;
    client
        .send(format!(
            "POST /v1/items HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Authorization: Bearer {TOKEN}\r\nContent-Length: 100\r\n\r\n{{\"id\""
        ))
        .await;
    assert_eq!(client.answer().await.status, 408);
    running.stop().await;
}

#[tokio::test]
async fn a_commit_may_take_longer_than_a_request() {
    let mut running = Running::start_with(10, Duration::from_millis(20), |_| {}).await;
    let mut client = Client::connect(running.address).await;
    client.post(&[], ITEM.as_bytes()).await;
    let answering = tokio::spawn(async move { client.answer().await });
    while !running.pipeline.waiting() {
        tokio::task::yield_now().await;
    }
    // Another connection that is cut off tells that the limit has passed.
    let mut idle = Client::connect(running.address).await;
    assert_eq!(idle.rest().await, "");
    assert!(!answering.is_finished());
    running.pipeline.next().await.unwrap();
    assert_eq!(answering.await.unwrap().status, 202);
    running.stop().await;
}
