use super::*;
use crate::source::file::Progress;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[tokio::test]
async fn a_newest_first_export_is_delivered_oldest_first() {
    let mut rows = String::from("id,text,created\n");
    for n in (0..2000).rev() {
        rows.push_str(&format!("{n},\"row\n{n}\",{}\n", 1_783_000_000 + n));
    }
    let events = read("r.csv", rows, PLAIN).await;
    let ids: Vec<_> = items(&events)
        .iter()
        .map(|item| item.native_id.clone())
        .collect();
    let expected: Vec<_> = (0..2000).map(|n| n.to_string()).collect();
    assert_eq!(ids, expected);
}

#[tokio::test]
async fn rows_of_one_moment_keep_the_order_of_the_file_and_the_unusable_come_first() {
    let rows = "id,text,created\n1,a,9\nbad\n2,b,5\n3,c,9\nworse\n4,d,5\n";
    let events = read("r.csv", rows, PLAIN).await;
    assert!(matches!(
        events[..2],
        [RawEvent::Unusable { .. }, RawEvent::Unusable { .. }]
    ));
    assert!(unusable(&events)[0].1.starts_with("line 3 "));
    assert_eq!(texts(&events), ["b", "d", "a", "c"]);
}

#[derive(Default)]
struct Watched {
    indexed: AtomicU64,
    delivered: AtomicU64,
    total: AtomicU64,
}

impl Progress for Watched {
    fn indexed(&self, bytes: u64, total: u64) {
        assert!(bytes <= total);
        self.indexed.store(bytes, Ordering::Relaxed);
    }

    fn delivered(&self, records: u64, total: u64) {
        self.delivered.fetch_max(records, Ordering::Relaxed);
        self.total.store(total, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn progress_ends_at_the_whole_file() {
    let folder = Folder::new();
    let rows = "id,text,created\n1,a,1\n2,b,2\nbad\n";
    let watched = Arc::new(Watched::default());
    let watching: Arc<dyn Progress> = Arc::<Watched>::clone(&watched);
    let source = source(&folder.file("r.csv", rows), PLAIN).with_progress(watching);
    deliver(source, None).await.1.unwrap();
    assert_eq!(watched.indexed.load(Ordering::Relaxed), rows.len() as u64);
    assert_eq!(watched.delivered.load(Ordering::Relaxed), 3);
    assert_eq!(watched.total.load(Ordering::Relaxed), 3);
}
