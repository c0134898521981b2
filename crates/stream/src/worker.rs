//! Doing what the group gives to this process: each task on a thread.

use crate::standby::Standby;
use crate::{Assignment, Error, ErrorKind, Log, Membership, StageError, TaskId, TopicName};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the group is listened to before the tasks are looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// How long to wait before a task is opened again that somebody else had opened: the group may be
/// about to say that it is theirs.
const AFTER_A_FENCE: Duration = Duration::from_secs(1);
/// How long to wait before a task is opened again that the log failed.
const AFTER_A_FAULT: Duration = Duration::from_secs(2);

/// What is done for each task that is ours.
pub trait Job: Send + Sync {
    /// Does it, on a thread of its own, until told to end. It is done again when it ends by itself,
    /// and when it ends because somebody else has the task; any other error ends the worker.
    fn run(&self, id: &TaskId, told: &Told) -> Result<(), StageError>;
}

/// What a job is told while it runs. Each is followed by an interrupt of the log.
#[derive(Clone, Debug, Default)]
pub struct Told {
    /// To wait for nothing more: to do what there is, and end.
    pub drain: Arc<AtomicBool>,
    /// To end after what is under way.
    pub stop: Arc<AtomicBool>,
}

/// Does one job in this process, for the tasks that the group gives to it.
pub struct Worker {
    log: Arc<dyn Log>,
    stage: Arc<str>,
    input: TopicName,
    job: Arc<dyn Job>,
    ending: Arc<Ending>,
}

/// Ends a [`Worker`].
#[derive(Debug, Default)]
pub struct Ending(AtomicU8);

const DRAIN: u8 = 1;
const STOP: u8 = 2;

impl Ending {
    /// Ends once there is nothing left to read. To be followed by [`Log::interrupt`].
    pub fn drain(&self) {
        self.0.fetch_max(DRAIN, Ordering::AcqRel);
    }

    /// Ends after the steps under way. To be followed by [`Log::interrupt`].
    pub fn stop(&self) {
        self.0.fetch_max(STOP, Ordering::AcqRel);
    }

    fn begun(&self) -> bool {
        self.0.load(Ordering::Acquire) > 0
    }

    fn stops(&self) -> bool {
        self.0.load(Ordering::Acquire) == STOP
    }
}

/// A task on its thread.
struct Running {
    told: Told,
    /// The group has lost sight of us, and may have given it to others: its commits will tell.
    in_doubt: bool,
    thread: JoinHandle<Result<(), StageError>>,
}

/// What becomes of the task of a partition that is ours.
enum Place {
    Running(Running),
    /// Somebody else had it, or the log failed it; to be opened at this moment, if it is still ours by then.
    Waiting(Instant),
}

impl Worker {
    /// A worker for a stage whose tasks are the partitions of `input`. `ending` is kept by whoever
    /// ends it.
    pub fn new(
        log: Arc<dyn Log>,
        stage: &str,
        input: TopicName,
        job: Arc<dyn Job>,
        ending: Arc<Ending>,
    ) -> Self {
        Self {
            log,
            stage: Arc::from(stage),
            input,
            job,
            ending,
        }
    }

    /// Works until it is ended, or until a task fails for good.
    pub fn run(&self) -> Result<(), StageError> {
        let ended = || self.ending.begun();
        let _standby = Standby::start(&self.log, &self.stage, &self.input, ended)?;
        let mut member = self.log.join(&self.stage, &self.input)?;
        let mut places = BTreeMap::new();
        let outcome = self.take_part(&mut *member, &mut places);
        self.close(&mut places, |_| true);
        // Only now that the tasks are closed is the place in the group given up.
        drop(member);
        outcome
    }

    fn take_part(
        &self,
        member: &mut dyn Membership,
        places: &mut BTreeMap<u32, Place>,
    ) -> Result<(), StageError> {
        while !self.ending.begun() {
            self.follow(member, places)?;
            self.look_after(places)?;
        }
        // Whoever reads on to the end stays a member, so that nobody takes it away meanwhile.
        for place in places.values() {
            if let Place::Running(running) = place {
                running.told.drain.store(true, Ordering::Release);
            }
        }
        self.log.interrupt();
        while !self.ending.stops() && places.values().any(Place::is_running) {
            self.follow(member, places)?;
            self.look_after(places)?;
        }
        Ok(())
    }

    /// Does what the group says.
    fn follow(
        &self,
        member: &mut dyn Membership,
        places: &mut BTreeMap<u32, Place>,
    ) -> Result<(), StageError> {
        let said = match member.poll(GLANCE) {
            Err(error) if error.retryable() => {
                // Whoever has tasks keeps them: their commits say whether they still may.
                tracing::warn!(stage = &*self.stage, %error, "the group does not answer");
                std::thread::park_timeout(AFTER_A_FAULT);
                return Ok(());
            }
            said => said?,
        };
        for assignment in said {
            match assignment {
                Assignment::Assigned(partitions) => {
                    tracing::info!(stage = &*self.stage, ?partitions, "assigned");
                    for partition in partitions {
                        self.assigned(partition, places)?;
                    }
                }
                Assignment::Revoked(partitions) => {
                    tracing::info!(stage = &*self.stage, ?partitions, "revoked");
                    self.close(places, |partition| partitions.contains(&partition));
                    member.released(&partitions)?;
                }
                Assignment::Lost(partitions) => {
                    tracing::warn!(
                        stage = &*self.stage,
                        ?partitions,
                        "the group has not heard from this process for too long; its tasks go on until \
                         somebody else has them"
                    );
                    // Closing them would help nobody: whoever takes one over fences it, and while
                    // the cluster is away nobody does.
                    for partition in &partitions {
                        match places.get_mut(partition) {
                            Some(Place::Running(running)) => running.in_doubt = true,
                            _ => drop(places.remove(partition)),
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Starts a task that is ours from now on, or goes on with it if it is at work all the same.
    fn assigned(
        &self,
        partition: u32,
        places: &mut BTreeMap<u32, Place>,
    ) -> Result<(), StageError> {
        match places.get_mut(&partition) {
            Some(Place::Running(running)) => running.in_doubt = false,
            _ => drop(places.insert(partition, Place::Running(self.start(partition)?))),
        }
        Ok(())
    }

    /// Learns what became of tasks that have ended by themselves.
    fn look_after(&self, places: &mut BTreeMap<u32, Place>) -> Result<(), StageError> {
        let now = Instant::now();
        let ended: Vec<u32> = places
            .iter()
            .filter(|(_, place)| place.wants_attention(now))
            .map(|(partition, _)| *partition)
            .collect();
        for partition in ended {
            let (outcome, in_doubt) = match places.remove(&partition) {
                Some(Place::Running(running)) => {
                    let in_doubt = running.in_doubt;
                    (running.join(&self.stage), in_doubt)
                }
                _ => {
                    places.insert(partition, Place::Running(self.start(partition)?));
                    continue;
                }
            };
            match outcome {
                Ok(()) if self.ending.begun() => {}
                Ok(()) => {
                    places.insert(partition, Place::Running(self.start(partition)?));
                }
                Err(StageError::Log(error)) if error.kind() == ErrorKind::Fenced => {
                    tracing::warn!(%error, "the task is left to whoever has it now");
                    if in_doubt {
                        continue;
                    }
                    places.insert(partition, Place::Waiting(now + AFTER_A_FENCE));
                }
                Err(StageError::Log(error)) if error.retryable() => {
                    tracing::warn!(stage = &*self.stage, %error, "trying again");
                    places.insert(partition, Place::Waiting(now + AFTER_A_FAULT));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn start(&self, partition: u32) -> Result<Running, StageError> {
        let id = TaskId::new(&*self.stage, partition);
        let told = Told::default();
        let (job, theirs) = (Arc::clone(&self.job), told.clone());
        let thread = std::thread::Builder::new()
            .name(id.to_string())
            .spawn(move || job.run(&id, &theirs))
            .map_err(|error| Error::no_thread(&error))?;
        Ok(Running {
            told,
            in_doubt: false,
            thread,
        })
    }

    /// Closes tasks after their steps under way.
    fn close(&self, places: &mut BTreeMap<u32, Place>, which: impl Fn(u32) -> bool) {
        let closing = places.extract_if(.., |partition, _| which(*partition));
        let closing: Vec<Running> = closing
            .filter_map(|(_, place)| match place {
                Place::Running(running) => Some(running),
                Place::Waiting(_) => None,
            })
            .collect();
        for running in &closing {
            running.told.stop.store(true, Ordering::Release);
            running.told.drain.store(true, Ordering::Release);
        }
        self.log.interrupt();
        for running in closing {
            if let Err(error) = running.join(&self.stage) {
                tracing::warn!(stage = &*self.stage, %error, "a task that was being closed failed");
            }
        }
    }
}

impl Place {
    fn is_running(&self) -> bool {
        matches!(self, Self::Running(_))
    }

    fn wants_attention(&self, now: Instant) -> bool {
        match self {
            Self::Running(running) => running.thread.is_finished(),
            Self::Waiting(until) => *until <= now,
        }
    }
}

impl Running {
    fn join(self, stage: &str) -> Result<(), StageError> {
        self.thread.join().unwrap_or_else(|_| {
            Err(StageError::Failed {
                stage: stage.to_owned(),
                message: "a task ended in a panic; this is a fault of hark, please report it"
                    .to_owned(),
            })
        })
    }
}
