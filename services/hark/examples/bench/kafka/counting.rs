//! The aggregate stage on one partition of mentions.

use crate::{Outcome, cpu_seconds, peak_mib};
use hark_aggregate::{AggregateMetrics, AggregateStage, STAGE, Share, Topics};
use hark_proto::Encoding;
use hark_stream::{
    Cleanup, Clock, Error, KafkaLog, KafkaOptions, Log, Observer, Runner, Stage, SystemClock, Task,
    TaskId, TopicName, TopicSpec,
};
use hark_telemetry::Metrics;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Counts so many mentions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Counting {
    pub(crate) servers: String,
    pub(crate) folder: PathBuf,
    pub(crate) config: PathBuf,
    /// What group, changelog and outputs are called by.
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) count: u64,
    pub(crate) interval_ms: u64,
    pub(crate) exactly_once: bool,
    pub(crate) standby: bool,
}

/// Opens what was counted, and counts nothing.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub(crate) counting: Counting,
}

impl Counting {
    pub(crate) fn connect(&self) -> Outcome<Arc<KafkaLog>> {
        let log = KafkaLog::connect(KafkaOptions {
            namespace: format!("{}.", self.name),
            commit_interval: Duration::from_millis(self.interval_ms),
            exactly_once: self.exactly_once,
            standby: self.standby,
            ..KafkaOptions::new(&*self.servers, &*self.folder)
        })?;
        let topics = self.topics();
        let outputs = [
            topics.share_of_voice,
            topics.authors,
            topics.alerts,
            topics.panes,
            topics.dead_letters,
        ];
        let specs = outputs.map(|name| TopicSpec {
            name,
            partitions: 1,
            cleanup: Cleanup::default(),
        });
        log.declare(&specs)?;
        Ok(log)
    }

    pub(crate) fn input(&self) -> TopicName {
        TopicName::new(&self.topic)
    }

    fn topics(&self) -> Topics {
        Topics::new(&self.name, Encoding::default())
    }

    pub(crate) fn stage(&self, share: Share) -> Outcome<AggregateStage> {
        let config = hark::bench::calculus(&self.config)?;
        let metrics = AggregateMetrics::new(&Metrics::new(), &config.brands());
        Ok(AggregateStage::new(share, config, self.topics(), metrics))
    }

    fn open(&self) -> Outcome<(Arc<KafkaLog>, Box<dyn Task>, AggregateStage)> {
        let log = self.connect()?;
        let task = log.task(&TaskId::new(STAGE, 0), &[self.input()])?;
        let mut stage = self.stage(Share { number: 0, of: 1 })?;
        stage.restore(&*task.snapshot()?)?;
        Ok((log, task, stage))
    }

    pub(crate) fn count(&self) -> Outcome<Value> {
        let (log, mut task, mut stage) = self.open()?;
        let mut until = Until {
            left: self.count,
            stop: Arc::default(),
            log: Arc::clone(&log),
        };
        let runner = Runner::new(
            log,
            Arc::clone(&until.stop),
            Arc::new(SystemClock) as Arc<dyn Clock>,
        );
        let (started, cpu) = (Instant::now(), cpu_seconds());
        let done = runner.run(&mut *task, &mut stage, &mut until, false)?;
        Ok(json!({
            "records": done.records,
            "commits": done.commits,
            "seconds": started.elapsed().as_secs_f64(),
            "cpu_s": cpu_seconds() - cpu,
            "peak_mib": peak_mib(),
        }))
    }
}

impl Opening {
    pub(crate) fn open(&self) -> Outcome<Value> {
        let started = Instant::now();
        let (_log, task, _stage) = self.counting.open()?;
        let seconds = started.elapsed().as_secs_f64();
        let mut keys = 0_u64;
        task.scan(&[], &[u8::MAX], &mut |_, _| {
            keys += 1;
            true
        })?;
        Ok(json!({ "seconds": seconds, "keys": keys, "peak_mib": peak_mib() }))
    }
}

/// Ends a run after so many records.
struct Until {
    left: u64,
    stop: Arc<AtomicBool>,
    log: Arc<KafkaLog>,
}

impl Observer for Until {
    fn committed(&mut self, records: usize, _newest: Option<i64>, _now: i64) {
        self.left = self.left.saturating_sub(records as u64);
        if self.left == 0 {
            self.stop.store(true, Ordering::Release);
            self.log.interrupt();
        }
    }

    fn retrying(&mut self, error: &Error) {
        eprintln!("bench: {error}; trying again");
    }
}
