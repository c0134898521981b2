//! Readiness that means progress.
//!
//! A stage that has work before it and does none is not ready, whatever its threads say.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Work waiting for longer than this without any of it being done: stuck.
pub(crate) const STUCK_AFTER: Duration = Duration::from_secs(30);

/// The health of a process: what each of its parts last did.
#[derive(Clone, Default)]
pub struct Health {
    parts: Arc<Mutex<Vec<Named>>>,
    stopping: Arc<AtomicBool>,
}

struct Part {
    /// It belongs to this process no longer.
    retired: AtomicBool,
    state: Mutex<ProgressState>,
}

/// A part by its name.
type Named = (String, Arc<Part>);

/// What one part last reported.
#[derive(Clone, Copy, Debug)]
pub struct ProgressState {
    /// Work items waiting before it.
    pub lag: u64,
    /// Since when it has had work and done none; `None` while it is idle or moving.
    pub stalled_since: Option<Instant>,
    /// It has ended with an error.
    pub failed: bool,
    /// It has started.
    pub started: bool,
}

/// One part's side of its health.
#[derive(Clone)]
pub struct Progress {
    part: Arc<Part>,
}

/// Whether the process does what it is there for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// All parts are started, moving or idle.
    pub ready: bool,
    /// A line for each part that is not.
    pub reasons: Vec<String>,
}

impl Health {
    /// A process without parts is ready.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a part; not ready until its first report.
    pub fn part(&self, name: &str) -> Progress {
        let part = Arc::new(Part {
            retired: AtomicBool::new(false),
            state: Mutex::new(ProgressState {
                lag: 0,
                stalled_since: None,
                failed: false,
                started: false,
            }),
        });
        self.parts.lock().push((name.to_owned(), Arc::clone(&part)));
        Progress { part }
    }

    /// Not ready from now on: nobody should send more.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
    }

    /// Whether the process is ready at a moment.
    pub fn readiness(&self, now: Instant) -> Readiness {
        let mut reasons = Vec::new();
        if self.stopping.load(Ordering::Acquire) {
            reasons.push("shutting down".to_owned());
        }
        let mut parts = self.parts.lock();
        parts.retain(|(_, part)| !part.retired.load(Ordering::Acquire));
        for (name, part) in parts.iter() {
            let state = *part.state.lock();
            if state.failed {
                reasons.push(format!("{name}: stopped with an error"));
            } else if !state.started {
                reasons.push(format!("{name}: not started"));
            } else if let Some(since) = state.stalled_since
                && now.duration_since(since) >= STUCK_AFTER
            {
                reasons.push(format!(
                    "{name}: {} waiting and no progress for {} s",
                    state.lag,
                    now.duration_since(since).as_secs()
                ));
            }
        }
        Readiness {
            ready: reasons.is_empty(),
            reasons,
        }
    }
}

impl Progress {
    /// Reports how much work waits, and whether some was done since the last report.
    pub fn report(&self, lag: u64, moved: bool, now: Instant) {
        let mut state = self.part.state.lock();
        state.started = true;
        state.lag = lag;
        if lag == 0 || moved {
            state.stalled_since = None;
        }
        if lag > 0 && state.stalled_since.is_none() {
            state.stalled_since = Some(now);
        }
    }

    /// Takes the part out: what it did is done elsewhere, or not at all.
    pub fn retire(&self) {
        self.part.retired.store(true, Ordering::Release);
    }

    /// Reports that this part ended with an error.
    pub fn fail(&self) {
        self.part.state.lock().failed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_waits_without_progress_is_not_ready_after_thirty_seconds() {
        let (health, start) = (Health::new(), Instant::now());
        let progress = health.part("classify");
        assert!(
            !health.readiness(start).ready,
            "not ready before the first report"
        );
        progress.report(5, true, start);
        assert!(health.readiness(start + Duration::from_secs(29)).ready);
        progress.report(7, false, start + Duration::from_secs(29));
        let stuck = health.readiness(start + Duration::from_secs(30));
        assert_eq!(
            stuck.reasons,
            ["classify: 7 waiting and no progress for 30 s"]
        );
        progress.report(6, true, start + Duration::from_secs(31));
        assert!(health.readiness(start + Duration::from_secs(40)).ready);
    }

    #[test]
    fn a_part_that_went_elsewhere_is_not_waited_for() {
        let (health, now) = (Health::new(), Instant::now());
        let progress = health.part("classify-3");
        assert!(!health.readiness(now).ready);
        progress.retire();
        assert!(health.readiness(now).ready);
    }

    #[test]
    fn an_idle_part_stays_ready_for_ever() {
        let (health, start) = (Health::new(), Instant::now());
        health.part("ingest").report(0, false, start);
        assert!(health.readiness(start + Duration::from_secs(86_400)).ready);
    }

    #[test]
    fn a_failed_part_and_a_stopping_process_are_not_ready() {
        let (health, now) = (Health::new(), Instant::now());
        let progress = health.part("care");
        progress.report(0, true, now);
        progress.fail();
        health.stop();
        assert_eq!(
            health.readiness(now).reasons,
            ["shutting down", "care: stopped with an error"]
        );
    }
}
