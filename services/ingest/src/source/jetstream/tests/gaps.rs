use super::*;

fn gaps(events: &[RawEvent]) -> Vec<(i64, i64)> {
    let gap = |event: &RawEvent| match event {
        RawEvent::Gap { from, to, .. } => Some((from.millis() / 1000, to.millis() / 1000)),
        _ => None,
    };
    events.iter().filter_map(gap).collect()
}

fn second(second: i64) -> i64 {
    1_783_000_000 + second
}

#[tokio::test]
async fn a_silently_clamped_cursor_becomes_a_gap_before_the_first_event() {
    let scripts = vec![vec![Step::Archive(posts(5000..5010)), Step::Stay]];
    let server = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, Some(cursor_at(100)));
    let (events, _) = running
        .until(|events| texts(events).contains(&"5009"))
        .await;
    assert_eq!(gaps(&events), [(second(100), second(5000))]);
    assert!(matches!(events[0], RawEvent::Gap { .. }));
    running.stop().await;
}

#[tokio::test]
async fn a_gap_is_told_once_not_at_every_reconnect() {
    let mut some = posts(5000..5010);
    some.limit = Some(5);
    let scripts = vec![
        vec![Step::Archive(some)],
        vec![Step::Archive(posts(5000..5010)), Step::Stay],
    ];
    let server = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, Some(cursor_at(100)));
    let (events, _) = running
        .until(|events| texts(events).contains(&"5009"))
        .await;
    assert_eq!(gaps(&events).len(), 1);
    running.stop().await;
}

#[tokio::test]
async fn a_connection_that_broke_before_its_first_event_leaves_a_gap() {
    let far = i64::MAX / 2_000_000 - 1_783_000_000;
    let scripts = vec![vec![Step::Close], vec![Step::Text(post(far)), Step::Stay]];
    let server = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, None);
    let (events, _) = running.until(|events| !texts(events).is_empty()).await;
    assert_eq!(gaps(&events).len(), 1, "nobody can know what came between");
    running.stop().await;
}

#[tokio::test]
async fn a_message_beyond_every_limit_is_passed_over_with_a_gap_instead_of_met_for_ever() {
    let poison = Step::Text("x".repeat(5 << 20));
    let scripts = vec![
        vec![Step::Archive(posts(0..10)), poison, Step::Stay],
        vec![Step::Archive(posts(20..30)), Step::Stay],
    ];
    let mut server = ReplayServer::start(scripts).await.unwrap();
    let mut running = Running::start(config(&[&server]), QUICK, None);
    let (events, _) = running.until(|events| texts(events).contains(&"29")).await;
    assert_eq!(gaps(&events), [(second(9), second(20))]);
    assert_eq!(server.asked().await.unwrap().cursor(), None);
    assert_eq!(
        server.asked().await.unwrap().cursor(),
        None,
        "it does not meet the same again"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_service_whose_clock_is_behind_is_followed() {
    let scripts = vec![
        vec![Step::Text(post(0)), Step::Text(post(1))],
        vec![Step::Text(post(2)), Step::Stay],
    ];
    let mut server = ReplayServer::start(scripts).await.unwrap();
    let ahead = Some(cursor_at(365 * 86_400));
    let mut running = Running::start(config(&[&server]), QUICK, ahead);
    let (_, cursor) = running.until(|events| texts(events).contains(&"2")).await;
    assert_eq!(
        cursor,
        Some(cursor_at(2)),
        "the cursor of a year ahead is given up"
    );
    server.asked().await.unwrap();
    assert_eq!(server.asked().await.unwrap().cursor(), Some(time_us(1 - 5)));
    running.stop().await;
}
