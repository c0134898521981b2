use super::*;

#[tokio::test]
async fn posts_are_asked_for_and_delivered_with_a_cursor() {
    let mut server = ReplayServer::start(vec![vec![Step::Archive(posts(0..300)), Step::Stay]])
        .await
        .unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, None);
    let (events, cursor) = running.until(|events| events.len() >= 300).await;
    assert_eq!(texts(&events).len(), 300);
    assert_eq!(cursor, Some(cursor_at(299)));
    let asked = server.asked().await.unwrap();
    assert_eq!(asked.get("wantedCollections"), Some("app.bsky.feed.post"));
    assert_eq!(asked.get("maxMessageSizeBytes"), Some("1048576"));
    assert_eq!((asked.get("compress"), asked.cursor()), (None, None));
    running.stop().await;
}

#[tokio::test]
async fn a_dropped_connection_resumes_some_seconds_behind_the_last_event() {
    let mut first_half = posts(0..100);
    first_half.limit = Some(50);
    let scripts = vec![
        vec![Step::Archive(first_half)],
        vec![Step::Archive(posts(0..100)), Step::Stay],
    ];
    let mut server = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, None);
    let (events, _) = running.until(|events| texts(events).contains(&"99")).await;
    assert_eq!(server.asked().await.unwrap().cursor(), None);
    assert_eq!(
        server.asked().await.unwrap().cursor(),
        Some(time_us(49 - 5))
    );
    let expected: Vec<_> = (0..50).chain(44..100).map(|n| n.to_string()).collect();
    assert_eq!(
        texts(&events),
        expected,
        "inclusive, so some come twice and none is missing"
    );
    assert_eq!(events.len(), expected.len(), "no gap is claimed");
    running.stop().await;
}

#[tokio::test]
async fn a_restart_resumes_from_the_committed_cursor() {
    let scripts = vec![vec![Step::Archive(posts(0..20)), Step::Stay]];
    let mut server = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, Some(cursor_at(12)));
    let (events, _) = running.until(|events| texts(events).contains(&"19")).await;
    assert_eq!(server.asked().await.unwrap().cursor(), Some(time_us(7)));
    assert_eq!(texts(&events)[0], "7");
    running.stop().await;
}

#[tokio::test]
async fn a_service_that_fails_is_followed_by_the_next_in_the_list() {
    let broken = ReplayServer::start(vec![vec![Step::Refuse(503)]; 3])
        .await
        .unwrap();
    let scripts = vec![vec![Step::Archive(posts(0..3)), Step::Stay]];
    let mut sound = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&broken, &sound]), QUICK, None);
    running.until(|events| events.len() >= 3).await;
    assert!(sound.asked().await.is_some());
    running.stop().await;
}

#[tokio::test]
async fn a_service_that_says_nothing_is_left_and_one_that_closes_is_asked_again() {
    let scripts = vec![
        vec![Step::Close],
        vec![Step::Stay],
        vec![Step::Archive(posts(0..1)), Step::Stay],
    ];
    let mut server = ReplayServer::start(scripts).await.unwrap();
    let hasty = Pace {
        idle_limit: Duration::from_millis(50),
        ..QUICK
    };
    let mut running = Running::start(config(&[&server]), hasty, None);
    running.until(|events| texts(events) == ["0"]).await;
    for _ in 0..3 {
        assert!(server.asked().await.is_some());
    }
    running.stop().await;
}

#[tokio::test]
async fn pings_are_answered_and_alone_keep_a_connection() {
    let scripts = vec![vec![
        Step::Pings(50),
        Step::Archive(posts(0..1)),
        Step::Stay,
    ]];
    let mut server = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, None);
    running.until(|events| events.len() == 1).await;
    assert!(server.asked().await.is_some());
    assert_eq!(
        server.asked_already(),
        None,
        "it is still the first connection"
    );
    running.stop().await;
}

#[tokio::test]
async fn broken_events_are_unusable_and_harm_no_other() {
    let script = vec![
        Step::Text("{\"did\":".into()),
        Step::Binary(vec![1, 2, 3]),
        Step::Text(post(1)),
        Step::Text("x".repeat(3 << 20)),
        Step::Text(post(2)),
        Step::Stay,
    ];
    let server = ReplayServer::start(vec![script]).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, None);
    let (events, _) = running.until(|events| events.len() >= 5).await;
    assert_eq!(texts(&events), ["1", "2"]);
    for event in &events {
        if let RawEvent::Unusable { raw, .. } = event {
            assert!(raw.len() <= 64 * 1024);
        }
    }
    running.stop().await;
}

#[tokio::test]
async fn a_full_pipeline_holds_the_stream_back_and_nothing_is_lost() {
    let script = vec![Step::Archive(posts(0..3000)), Step::Stay];
    let server = ReplayServer::start(vec![script]).await.unwrap();
    let (intake, mut pipeline) = TestPipeline::new(50);
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let config = config(&[&server]);
    let source = tokio::spawn(async move {
        let mut source = JetstreamSource::new("bluesky".into(), config).with_pace(QUICK);
        source.run(&intake, None, stopped).await
    });
    let mut read = Vec::new();
    while read.len() < 3000 {
        let handed = pipeline.next().await.unwrap();
        assert!(handed.events.len() <= 200, "a delivery is bounded");
        read.extend(texts(&handed.events).into_iter().map(str::to_owned));
    }
    assert_eq!(read, (0..3000).map(|n| n.to_string()).collect::<Vec<_>>());
    stop.cancel();
    source.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_source_stops_while_it_waits_for_a_service_that_is_away() {
    let nowhere = JetstreamConfig {
        urls: vec!["ws://127.0.0.1:1/subscribe".parse().unwrap()],
        ..JetstreamConfig::default()
    };
    let running = Running::start(nowhere, Pace::default(), None);
    running.stop().await;
}

#[tokio::test]
async fn an_encrypted_address_is_tried_with_encryption() {
    // A plain server behind a wss address: the handshake has to fail, not the program.
    let mut plain = ReplayServer::start(Vec::new()).await.unwrap();
    let mut url = plain.url();
    url.set_scheme("wss").unwrap();
    let error = super::super::connection::open(&url).await.unwrap_err();
    assert!(!error.is_empty());
    assert_eq!(plain.asked().await.unwrap().query, []);
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_an_error() {
    let run = |config: JetstreamConfig| async {
        let (intake, _pipeline) = TestPipeline::new(1);
        let mut source = JetstreamSource::new("bluesky".into(), config);
        source
            .run(&intake, None, CancellationToken::new())
            .await
            .unwrap_err()
            .message
    };
    let none = JetstreamConfig {
        urls: Vec::new(),
        ..JetstreamConfig::default()
    };
    assert!(run(none).await.contains("urls"));
    let web = JetstreamConfig {
        urls: vec!["https://example.org".parse().unwrap()],
        ..JetstreamConfig::default()
    };
    assert!(run(web).await.contains("wss://"));
    let absent = JetstreamConfig {
        zstd_dictionary: Some("/nowhere/a.zdict".into()),
        ..JetstreamConfig::default()
    };
    assert!(run(absent).await.contains("/nowhere/a.zdict"));
}

#[test]
fn the_configuration_takes_exactly_its_keys() {
    let given = serde_json::json!({
        "urls": ["ws://localhost:1/subscribe"], "zstd_dictionary": "a.zdict", "rewind": "10s",
    });
    let config: JetstreamConfig = serde_json::from_value(given).unwrap();
    assert_eq!(
        (config.urls.len(), config.rewind),
        (1, Duration::from_secs(10))
    );
    let default: JetstreamConfig = serde_json::from_value(serde_json::json!({})).unwrap();
    assert_eq!(default, JetstreamConfig::default());
    for wrong in [
        serde_json::json!({ "url": "ws://localhost" }),
        serde_json::json!({ "rewind": 5 }),
        serde_json::json!({ "rewind": "soon" }),
        serde_json::json!({ "urls": ["not a url"] }),
    ] {
        assert!(
            serde_json::from_value::<JetstreamConfig>(wrong.clone()).is_err(),
            "{wrong}"
        );
    }
}
