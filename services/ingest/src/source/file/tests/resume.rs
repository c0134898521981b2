use super::*;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

fn rows(count: usize) -> String {
    let mut rows = String::from("id,text,created\n");
    for n in 0..count {
        rows.push_str(&format!(
            "{n},row {n},{}\n",
            1_783_000_000 + (n * 7919) % count
        ));
    }
    rows
}

/// Polls once; that nobody is woken is no loss to a test that polls again.
fn poll<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(Waker::noop()))
}

fn ids(handed: &[Handed]) -> Vec<String> {
    let all = handed.iter().flat_map(|handed| items(&handed.events));
    all.map(|item| item.native_id.clone()).collect()
}

#[tokio::test]
async fn every_cursor_resumes_exactly_behind_what_it_stands_for() {
    let folder = Folder::new();
    let path = folder.file("r.csv", rows(1000));
    let (all, _) = deliver(source(&path, PLAIN), None).await;
    assert_eq!(ids(&all).len(), 1000);
    assert!(all.len() > 2, "a delivery is bounded");
    for done in 1..=all.len() {
        let cursor = all[done - 1].cursor.clone();
        let (rest, ended) = deliver(source(&path, PLAIN), cursor).await;
        ended.unwrap();
        assert_eq!(ids(&rest), ids(&all[done..]), "after {done} deliveries");
    }
}

#[tokio::test]
async fn another_content_or_another_mapping_starts_again() {
    let folder = Folder::new();
    let path = folder.file("r.csv", rows(10));
    let (all, _) = deliver(source(&path, PLAIN), None).await;
    let cursor = all.last().unwrap().cursor.clone();
    let other_time = format!("{PLAIN}[time]\nzone = \"Europe/Berlin\"\n");
    assert_eq!(
        ids(&deliver(source(&path, &other_time), cursor.clone()).await.0).len(),
        10
    );
    let changed = rows(10).replace("row 5", "row V");
    let path = folder.file("r.csv", changed);
    assert_eq!(
        ids(&deliver(source(&path, PLAIN), cursor).await.0).len(),
        10
    );
}

#[tokio::test]
async fn a_moved_file_is_still_the_same_file() {
    let folder = Folder::new();
    let (all, _) = deliver(source(&folder.file("r.csv", rows(10)), PLAIN), None).await;
    let moved = source(&folder.file("moved.csv", rows(10)), PLAIN);
    let (rest, ended) = deliver(moved, all.last().unwrap().cursor.clone()).await;
    ended.unwrap();
    assert!(rest.is_empty());
}

#[tokio::test]
async fn a_stopped_source_ends_without_an_error_and_the_last_delivery_waits_for_its_commit() {
    let folder = Folder::new();
    let mut source = source(&folder.file("r.csv", rows(1)), PLAIN);
    let (intake, mut pipeline) = TestPipeline::new(10);
    let stop = CancellationToken::new();
    let mut running = source.run(&intake, None, stop.clone());
    loop {
        // Nobody has committed anything, so it cannot be done.
        assert!(poll(&mut running).is_pending());
        if pipeline.waiting() {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert!(poll(&mut running).is_pending());
    stop.cancel();
    running.await.unwrap();
}

#[tokio::test]
async fn a_pipeline_that_is_gone_is_an_error_for_it_means_an_unfinished_import() {
    let folder = Folder::new();
    let mut source = source(&folder.file("r.csv", rows(1)), PLAIN);
    let (intake, pipeline) = TestPipeline::new(10);
    drop(pipeline);
    let ended = source.run(&intake, None, CancellationToken::new()).await;
    assert!(ended.unwrap_err().message.contains("goes on"));
}
