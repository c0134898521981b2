use super::*;
use crate::source::file::tests::pipeline::TestPipeline;

#[tokio::test]
async fn without_the_right_token_nothing_is_read() {
    let mut running = Running::start().await;
    for token in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        "Basic canary-token",
        "canary-token",
    ] {
        let answer = running.post(&[("Authorization", token)], ITEM).await;
        assert_eq!(answer.status, 401, "{token:?}");
        assert!(
            answer.head.contains("www-authenticate: bearer"),
            "{}",
            answer.head
        );
        assert!(!answer.body.to_string().contains("canary"));
    }
    let lower = running
        .post(&[("Authorization", "bearer canary-token")], ITEM)
        .await;
    assert_eq!(lower.status, 202, "the scheme's name has no case");
    running.stop().await;
}

#[tokio::test]
async fn one_bad_item_refuses_the_batch_and_nothing_is_written() {
    let mut running = Running::start().await;
    let mut client = Client::connect(running.address).await;
    client
        .post(
            &[],
            format!("[{ITEM},{{\"id\":\"b\",\"text\":\"x\"}}]").as_bytes(),
        )
        .await;
    let answer = client.answer().await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["index"], 1);
    assert_eq!(answer.body["field"], "created_at");
    assert!(
        answer.body["error"]
            .as_str()
            .unwrap()
            .contains("created_at")
    );
    assert!(!running.pipeline.waiting());
    running.stop().await;
}

#[tokio::test]
async fn what_is_no_json_no_utf_8_or_no_gzip_is_refused() {
    let mut running = Running::start().await;
    let form = running
        .post(
            &[("Content-Type", "application/x-www-form-urlencoded")],
            ITEM,
        )
        .await;
    assert_eq!(form.status, 415);
    let brotli = running.post(&[("Content-Encoding", "br")], ITEM).await;
    assert_eq!(brotli.status, 415);
    assert!(brotli.head.contains("accept-encoding: gzip"));
    let plain = running.post(&[("Content-Encoding", "gzip")], ITEM).await;
    assert_eq!(plain.status, 400);
    let latin = running.post(&[], b"{\"id\":\"caf\xe9\"}").await;
    assert_eq!(
        (latin.status, &latin.body["index"]),
        (400, &serde_json::Value::Null)
    );
    running.stop().await;
}

#[tokio::test]
async fn another_path_or_method_is_told_where_and_how() {
    let running = Running::start().await;
    for (method, path, status, word) in [
        ("GET", "/v1/items", 405, "allow: post"),
        ("PUT", "/v1/items", 405, "allow: post"),
        ("POST", "/", 404, "application/json"),
    ] {
        let mut client = Client::connect(running.address).await;
        client.request(method, path, &[], b"").await;
        let answer = client.answer().await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.head.contains(word), "{}", answer.head);
    }
    running.stop().await;
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_an_error() {
    let run = |config: HttpConfig| async {
        let (intake, _pipeline) = TestPipeline::new(1);
        let mut source = HttpSource::new("push".into(), config);
        source
            .run(&intake, None, CancellationToken::new())
            .await
            .unwrap_err()
            .message
    };
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let default = HttpConfig {
        listen,
        ..HttpConfig::default()
    };
    let unset = HttpConfig {
        token_env: Some("HARK_TEST_NOT_SET".into()),
        ..default.clone()
    };
    assert!(run(unset).await.contains("HARK_TEST_NOT_SET"));
    let absent = HttpConfig {
        token_file: Some("/nowhere/token".into()),
        ..default.clone()
    };
    assert!(run(absent).await.contains("/nowhere/token"));
    let both = HttpConfig {
        token_env: Some("A".into()),
        token_file: Some("b".into()),
        ..default.clone()
    };
    assert!(run(both).await.contains("exclude"));
    let taken = tokio::net::TcpListener::bind(listen).await.unwrap();
    // Cargo sets this one for every test.
    let env = Some("CARGO_PKG_NAME".into());
    let taken = HttpConfig {
        listen: taken.local_addr().unwrap(),
        token_env: env,
        ..default
    };
    assert!(run(taken).await.contains("cannot listen"));
}

#[test]
fn the_configuration_takes_exactly_its_keys() {
    let given = serde_json::json!({
        "listen": "0.0.0.0:1", "token_env": "T", "max_body_bytes": 5, "max_wait": "250ms",
        "max_commit_wait": "1s",
    });
    let config: HttpConfig = serde_json::from_value(given).unwrap();
    assert_eq!(
        (
            config.max_body_bytes,
            config.max_wait,
            config.max_commit_wait
        ),
        (5, Duration::from_millis(250), Duration::from_secs(1))
    );
    let default: HttpConfig = serde_json::from_value(serde_json::json!({})).unwrap();
    assert_eq!(default, HttpConfig::default());
    for wrong in [
        serde_json::json!({ "token": "canary" }),
        serde_json::json!({ "max_wait": 2 }),
        serde_json::json!({ "listen": "everywhere" }),
    ] {
        assert!(
            serde_json::from_value::<HttpConfig>(wrong.clone()).is_err(),
            "{wrong}"
        );
    }
}
