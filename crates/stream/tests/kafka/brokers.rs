//! A cluster of three brokers that come and go, each time with every record counted.

use crate::copy::{self, Copying};
use crate::faults::{Fault, beside};
use crate::ground::{Ground, declare, declared};
use anyhow::{Context, Result, ensure};
use hark_stream::contract::fixed;
use hark_stream::{Commit, KafkaLog, KafkaOptions, Log, TaskId, TopicName};
use kafka_broker::Running;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use tempfile::TempDir;

/// Every test of this file.
pub(crate) const ALL: [Fault; 2] = [
    (
        "each_of_three_brokers_is_killed_and_nothing_is_lost",
        in_turn,
    ),
    ("one_broker_of_three_takes_nothing_and_says_why", alone),
];

/// Who publishes until told that it is enough.
struct Publishing {
    enough: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64>>,
}

impl Publishing {
    fn start(log: &Arc<KafkaLog>) -> Self {
        let enough: Arc<AtomicBool> = Arc::default();
        let (log, until) = (Arc::clone(log), Arc::clone(&enough));
        let thread = std::thread::spawn(move || copy::publish_until(&*log, &until));
        Self { enough, thread }
    }

    /// Stops, and says how many numbers there are.
    fn stop(self) -> Result<u64> {
        self.enough.store(true, Ordering::Release);
        self.thread.join().unwrap()
    }
}

/// A cluster of three, and a log there, whose topics have so many copies.
fn opened(ground: &Ground) -> Result<(Running, TempDir, KafkaOptions, Arc<KafkaLog>)> {
    let brokers = ground.three()?;
    let folder = tempfile::tempdir()?;
    let options = KafkaOptions {
        servers: brokers.bootstrap(),
        ..ground.options(folder.path().join("state"))?
    };
    let watching = declared(beside(&options, "watching"), 4)?;
    declare(&*watching, "aside", 1);
    Ok((brokers, folder, options, watching))
}

/// Waits until more has been copied than before.
fn further(log: &KafkaLog) -> Result<()> {
    let never = AtomicBool::new(false);
    let copied = hark_stream::insist(log, &never, |_| {}, || copy::copied(log))?;
    copy::until_copied(log, copied + 300)
}

fn in_turn(ground: &Ground) -> Result<()> {
    let (mut brokers, _folder, options, watching) = opened(ground)?;
    let copying = Copying::start(options)?;
    let publishing = Publishing::start(&watching);
    // Whoever leads a partition, a transaction or the group is among them.
    for id in brokers.ids() {
        further(&watching)?;
        brokers.kill(id)?;
        further(&watching)?;
        brokers.start()?;
    }
    further(&watching)?;
    let published = publishing.stop()?;
    copy::until_copied(&*watching, published)?;
    copying.stop()?;
    copy::check(&*watching, published)
}

fn alone(ground: &Ground) -> Result<()> {
    let (mut brokers, _folder, options, watching) = opened(ground)?;
    let beside = KafkaLog::connect(beside(&options, "beside"))?;
    let mut task = beside.task(&TaskId::new("beside", 0), &[])?;
    let copying = Copying::start(options)?;
    let publishing = Publishing::start(&watching);
    further(&watching)?;
    brokers.kill(1)?;
    brokers.kill(2)?;
    let one = Commit {
        records: vec![fixed(&TopicName::new("aside"), 0, "one")],
        ..Commit::default()
    };
    for refused in [
        task.commit(&one),
        beside.task(&TaskId::new("another", 0), &[]).map(drop),
    ] {
        let error = refused.err().context("one broker is not enough")?;
        ensure!(error.retryable(), "{error:?}");
        ensure!(error.to_string().contains("too few brokers"), "{error}");
    }
    brokers.start()?;
    copy::commit(&*beside, &mut *task, &one)?;
    further(&watching)?;
    let published = publishing.stop()?;
    copy::until_copied(&*watching, published)?;
    copying.stop()?;
    copy::check(&*watching, published)
}
