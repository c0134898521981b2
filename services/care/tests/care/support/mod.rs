//! A log in a folder, a clock that stands still, and receivers on loopback.

mod fixtures;
pub(crate) mod receiver;

pub(crate) use fixtures::{KEY, START, alert, opened, webhook, webhook_with};

use hark_care::{Care, CareError, Metrics, Report, Surroundings, Topics, Webhook};
use hark_model::Alert;
use hark_proto::{Wire, cloud_event_headers};
use hark_stream::{
    Cleanup, Clock, Commit, EmbeddedLog, EmbeddedOptions, Limit, Log, NewRecord, Partitioning,
    Record, TaskId, TopicName, TopicSpec,
};
use hark_telemetry::Health;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything here takes on a slow machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone)]
pub(crate) struct ManualClock(Arc<AtomicI64>);

impl Clock for ManualClock {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A log, a time, and the metrics of everything that ran on it.
pub(crate) struct World {
    folder: TempDir,
    log: Option<Arc<EmbeddedLog>>,
    pub(crate) clock: ManualClock,
    pub(crate) metrics: Metrics,
    pub(crate) topics: Topics,
    pub(crate) health: Health,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(false)
    }

    /// Commits wait for the disk, as they do in operation.
    pub(crate) fn synchronous() -> Self {
        Self::with(true)
    }

    fn with(synchronous_full: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let topics = Topics::with_prefix("hark");
        let world = Self {
            log: Some(open(&folder, synchronous_full)),
            folder,
            clock: ManualClock(Arc::new(AtomicI64::new(START))),
            metrics: Metrics::default(),
            topics,
            health: Health::new(),
        };
        let spec = |name: &TopicName| TopicSpec {
            name: name.clone(),
            partitions: 1,
            cleanup: Cleanup::default(),
        };
        let specs = [spec(&world.topics.alerts), spec(&world.topics.dead_letters)];
        world.log().declare(&specs).unwrap();
        world
    }

    pub(crate) fn log(&self) -> Arc<EmbeddedLog> {
        Arc::clone(self.log.as_ref().unwrap())
    }

    /// As after a restart: the log is read anew from its folder, and counting starts again.
    pub(crate) fn restart(&mut self) {
        self.log = None;
        self.log = Some(open(&self.folder, false));
        self.metrics = Metrics::default();
    }

    pub(crate) fn publish(&self, alert: &Alert) {
        let value = alert.encode();
        let headers = cloud_event_headers(alert, &value).into_iter();
        self.publish_bytes(
            &value,
            headers
                .map(|(name, value)| (name, value.into_bytes()))
                .collect(),
        );
    }

    pub(crate) fn publish_bytes(&self, value: &[u8], headers: Vec<(String, Vec<u8>)>) {
        let record = NewRecord {
            topic: self.topics.alerts.clone(),
            partitioning: Partitioning::Fixed(0),
            timestamp: self.clock.now(),
            key: b"alert".to_vec(),
            value: Some(value.to_vec()),
            headers,
        };
        let mut task = self.log().task(&TaskId::new("aggregate", 0), &[]).unwrap();
        task.commit(&Commit {
            records: vec![record],
            ..Commit::default()
        })
        .unwrap();
    }

    pub(crate) fn care(&self, webhooks: &[Webhook], stop: &Arc<AtomicBool>) -> Care {
        let around = Surroundings {
            topics: self.topics.clone(),
            partition: 0,
            metrics: self.metrics.clone(),
            progress: self.health.part("care"),
            stop: Arc::clone(stop),
            clock: Arc::new(self.clock.clone()),
            drain: PATIENCE,
        };
        Care::new(self.log(), webhooks.to_vec(), around)
    }

    pub(crate) fn run_until_idle(&self, webhooks: &[Webhook]) -> Report {
        self.care(webhooks, &Arc::default())
            .run_until_idle()
            .unwrap()
    }

    pub(crate) fn start(&self, webhooks: &[Webhook]) -> Running {
        let stop = Arc::default();
        let care = self.care(webhooks, &stop);
        Running {
            log: self.log(),
            stop,
            thread: std::thread::spawn(move || care.run()),
        }
    }

    /// Lets time pass, and care notice it.
    pub(crate) fn advance(&self, time: Duration) {
        self.clock
            .0
            .fetch_add(time.as_millis() as i64, Ordering::SeqCst);
        self.log().interrupt();
    }

    pub(crate) fn notices(&self, webhook: &str, outcome: &str) -> u64 {
        self.metrics
            .notifications
            .with_label_values(&[webhook, outcome])
            .get()
    }

    pub(crate) fn waiting(&self, webhook: &str) -> i64 {
        self.metrics
            .outbox_entries
            .with_label_values(&[webhook])
            .get()
    }

    /// Waits until care has counted so many.
    pub(crate) fn until(&self, webhook: &str, outcome: &str, count: u64) {
        let started = Instant::now();
        let mut seen = 0;
        while self.notices(webhook, outcome) < count {
            assert!(
                started.elapsed() < PATIENCE,
                "{webhook} has fewer than {count} {outcome}"
            );
            seen = self.log().changed(seen, Duration::from_millis(5));
        }
        assert_eq!(self.notices(webhook, outcome), count, "{webhook} {outcome}");
    }

    pub(crate) fn dead_letters(&self) -> Vec<Record> {
        let limit = Limit {
            records: 100,
            bytes: usize::MAX,
        };
        self.log()
            .read(&self.topics.dead_letters, 0, 0, limit)
            .unwrap()
    }
}

fn open(folder: &TempDir, synchronous_full: bool) -> Arc<EmbeddedLog> {
    let options = EmbeddedOptions {
        synchronous_full,
        ..EmbeddedOptions::default()
    };
    EmbeddedLog::open(folder.path(), options).unwrap()
}

/// Care on a thread of its own.
pub(crate) struct Running {
    log: Arc<EmbeddedLog>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Report, CareError>>,
}

impl Running {
    pub(crate) fn stop(self) -> Result<Report, CareError> {
        self.tell_to_stop();
        self.end()
    }

    pub(crate) fn tell_to_stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.log.interrupt();
    }

    pub(crate) fn end(self) -> Result<Report, CareError> {
        self.thread.join().unwrap()
    }
}
