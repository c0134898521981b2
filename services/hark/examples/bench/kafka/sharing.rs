//! From one process to two: what it brings, and for how long a partition stands still.

use super::counting::Counting;
use super::{Ground, KafkaJob};
use crate::{Bound, Job, Outcome, Report, median_of};
use hark_aggregate::{STAGE, Share};
use hark_stream::{
    Clock, Crew, Job as Work, KafkaLog, KafkaOptions, Log, StageJob, SystemClock, TaskId, Worker,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const TOPIC: &str = "shared.mentions";
const PARTITIONS: u32 = 2;
/// How long each rate is measured.
const STEADY: Duration = Duration::from_secs(8);
/// How long a second process has to find its place.
const SETTLING: Duration = Duration::from_secs(12);
const LOOK_EVERY: Duration = Duration::from_millis(25);
/// More than two processes count in all that time.
const ENOUGH: u64 = 1_500_000;

/// A process that counts what the group gives it, until it is killed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sharing {
    counting: Counting,
}

impl Sharing {
    pub(crate) fn work(&self) -> Outcome<Value> {
        let log: Arc<dyn Log> = self.counting.connect()?;
        let counting = self.counting.clone();
        // Read once before, so that a mistake in it is said.
        counting.stage(share(0))?;
        let hire = Box::new(move |id: &TaskId| Crew {
            stage: Box::new(
                counting
                    .stage(share(id.partition))
                    .expect("it was read before"),
            ),
            observer: Box::new(()),
        });
        let input = self.counting.input();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let job: Arc<dyn Work> = Arc::new(StageJob::new(
            Arc::clone(&log),
            vec![input.clone()],
            clock,
            hire,
        ));
        Worker::new(log, STAGE, input, job, Arc::default()).run()?;
        Ok(Value::Null)
    }
}

fn share(number: u32) -> Share {
    Share {
        number,
        of: PARTITIONS,
    }
}

/// Ends with its owner.
struct Process(Child);

impl Process {
    fn start(ground: &Ground<'_>, name: &str, folder: &str) -> Outcome<Self> {
        let counting = Counting {
            folder: ground.folder.join(folder),
            standby: true,
            ..ground.counting(name, TOPIC, ENOUGH)
        };
        let job = Job::Kafka(KafkaJob::Share(Sharing { counting }));
        let child = Command::new(std::env::current_exe()?)
            .arg("--job")
            .arg(serde_json::to_string(&job)?)
            .stdin(Stdio::null())
            .spawn()?;
        Ok(Self(child))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Whoever looks at the group from outside.
struct Watch {
    log: Arc<KafkaLog>,
    counting: Counting,
}

impl Watch {
    fn new(ground: &Ground<'_>, name: &str, folder: &Path) -> Outcome<Self> {
        let counting = ground.counting(name, TOPIC, ENOUGH);
        let log = KafkaLog::connect(KafkaOptions {
            namespace: format!("{}.", counting.name),
            ..KafkaOptions::new(&*counting.servers, folder)
        })?;
        Ok(Self { log, counting })
    }

    fn positions(&self) -> Outcome<[u64; PARTITIONS as usize]> {
        let mut found = [0; PARTITIONS as usize];
        for (partition, position) in (0..).zip(&mut found) {
            let id = TaskId::new(STAGE, partition);
            *position = self.log.position(&id, &self.counting.input())?.unwrap_or(0);
        }
        Ok(found)
    }

    /// Watches for so long: the offsets passed a second, and the longest that a partition stood still.
    fn through(&self, length: Duration) -> Outcome<(f64, Duration)> {
        let begun = Instant::now();
        let first = self.positions()?;
        let (mut last, mut moved) = (first, [begun; PARTITIONS as usize]);
        let mut longest = Duration::ZERO;
        while begun.elapsed() < length {
            std::thread::park_timeout(LOOK_EVERY);
            let now = self.positions()?;
            for partition in 0..PARTITIONS as usize {
                longest = longest.max(moved[partition].elapsed());
                if now[partition] != last[partition] {
                    moved[partition] = Instant::now();
                }
            }
            last = now;
        }
        let passed: u64 = last.iter().sum::<u64>() - first.iter().sum::<u64>();
        Ok((passed as f64 / begun.elapsed().as_secs_f64(), longest))
    }
}

/// What a group did in its first half minute.
struct Course {
    /// Records a second after a second process had time to find its place.
    rate: f64,
    /// The longest that a partition stood still while it did.
    still: Duration,
}

/// Has a group count, which a second process joins, or not: state grows with time, and counting slows
/// down with it, so that either is held against the other at the same age.
fn course(ground: &Ground<'_>, name: &str, second: bool) -> Outcome<Course> {
    let watch = Watch::new(ground, name, &ground.folder.join(format!("{name}-watch")))?;
    eprintln!("bench: two partitions, a second process comes: {second} …");
    let _one = Process::start(ground, name, &format!("{name}-one"))?;
    while watch.positions()?.contains(&0) {
        std::thread::park_timeout(LOOK_EVERY);
    }
    watch.through(STEADY)?;
    let _two = match second {
        true => Some(Process::start(ground, name, &format!("{name}-two"))?),
        false => None,
    };
    let (_, still) = watch.through(SETTLING)?;
    let (rate, _) = watch.through(STEADY)?;
    eprintln!("bench:   {rate:.0} records a second, {still:?} still");
    Ok(Course { rate, still })
}

pub(super) fn measure(ground: &Ground<'_>, report: &mut Report) -> Outcome<()> {
    ground.load(TOPIC, PARTITIONS, ENOUGH, super::AUTHORS)?;
    let rounds = ground.args.rounds;
    let (mut alone, mut both) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        alone.push(course(ground, &format!("alone-{round}"), false)?);
        both.push(course(ground, &format!("both-{round}"), true)?);
    }
    let rate = |course: &Course| course.rate;
    let (one, two) = (
        median_of(alone.iter().map(rate)),
        median_of(both.iter().map(rate)),
    );
    let still = median_of(both.iter().map(|course| course.still.as_secs_f64()));
    report.add(
        "one process, two partitions: records a second".to_owned(),
        one,
        None,
    );
    report.add("two processes: records a second".to_owned(), two, None);
    report.add(
        "two processes / one".to_owned(),
        two / one,
        Some(Bound::AtLeast(1.0)),
    );
    report.add(
        "a partition stood still when the second came, with standby, s".to_owned(),
        still,
        Some(Bound::Below(3.0)),
    );
    Ok(())
}
