//! A stage's handle: reading the inputs in turns, and committing.

use super::Shared;
use super::committer::Committer;
use super::input::Input;
use super::keys::Own;
use super::recent::{Behind, Recent};
use crate::background::Commits;
use crate::turns::take_turns;
use crate::{Commit, Error, Event, Limit, Log, Record, State, Task, TaskId, TopicName};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a poll waits to learn whether an input has something, however little the caller wants to
/// wait: a batch is on its way from the broker for a moment only.
const ON_ITS_WAY: Duration = Duration::from_secs(2);
/// How long an input that has not said anything is listened to before the next one is. The client
/// waits actively through the last millisecond.
const GLANCE: Duration = Duration::from_millis(20);
/// A client wants to be polled now and then, even where nothing comes.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// A task on Kafka.
pub(super) struct KafkaTask {
    inputs: Vec<Input>,
    /// The input whose turn it is.
    turn: usize,
    /// The interrupts this handle has answered by returning.
    interrupts: u64,
    /// The local store, for reading.
    store: Box<dyn Task>,
    /// What it has yet to learn.
    recent: Arc<Recent>,
    commits: Commits<Committer>,
    /// Last, so that nobody else uses the store before the rest is gone.
    open: Open,
}

/// While there is one, the task is open here.
struct Open {
    id: TaskId,
    shared: Arc<Shared>,
}

impl Open {
    fn new(shared: &Arc<Shared>, id: &TaskId) -> Self {
        shared.open.lock().entry(id.clone()).or_default().handles += 1;
        Self {
            id: id.clone(),
            shared: Arc::clone(shared),
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut open = self.shared.open.lock();
        match open.get_mut(&self.id) {
            Some(opened) if opened.handles > 1 => opened.handles -= 1,
            _ => drop(open.remove(&self.id)),
        }
    }
}

impl KafkaTask {
    pub(super) fn open(
        shared: &Arc<Shared>,
        id: &TaskId,
        topics: &[TopicName],
    ) -> Result<Self, Error> {
        let open = Open::new(shared, id);
        let mut inputs: Vec<Input> = Vec::with_capacity(topics.len());
        for (number, topic) in topics.iter().enumerate() {
            if topics[..number].contains(topic) {
                return Err(Error::Misuse(format!(
                    "task {id} names topic {topic} twice"
                )));
            }
            shared.cluster.check(topic, id.partition)?;
            let arrived = Arc::clone(&shared.signal);
            let options = &shared.cluster.options;
            inputs.push(Input::listening(options, &id.stage, arrived)?);
        }
        // The store's last handle may write; this one only reads.
        let store = shared.store.task(id, &[])?;
        let group = inputs.first().and_then(Input::group);
        let recent = Arc::<Recent>::default();
        let committer = Committer::open(shared, id, topics, group, &recent)?;
        for (input, topic) in inputs.iter_mut().zip(topics) {
            let name = shared.cluster.options.topic(topic);
            let from = committer.position(topic).unwrap_or(0);
            let bounds = shared.cluster.bounds(topic, id.partition)?;
            let oldest = bounds.start;
            if from > bounds.end {
                return Err(Error::Misuse(format!(
                    "task {id} has read topic {name} up to {from}, and the topic ends at {}: it was made \
                     anew. Delete the topic {} too, or start with another prefix of topics",
                    bounds.end,
                    shared.cluster.changelog_name(&id.stage)
                )));
            }
            if from > 0 && from < oldest {
                let monitor = &shared.cluster.options.monitor;
                monitor.note(Event::Missed(id, oldest - from));
                tracing::error!(task = %id, topic = name, records = oldest - from,
                    "retention has removed records that were not read yet; going on at the oldest");
            }
            input.assign(topic, name, id.partition, from)?;
        }
        Ok(Self {
            inputs,
            turn: 0,
            interrupts: shared.signal.counts().interrupts,
            store,
            recent,
            commits: Commits::new(id, committer),
            open,
        })
    }

    /// What was committed is not polled again, whoever read it.
    fn committed(&mut self, commit: &Commit) {
        for position in &commit.offsets {
            for input in &mut self.inputs {
                if input.topic == position.topic {
                    input.skip_to(position.next);
                }
            }
        }
    }

    /// The stage's own state as it is at each call.
    fn own(&self) -> Result<Own<Box<Behind<'_>>>, Error> {
        let behind = self.recent.over(|| Ok(Box::new(&*self.store)))?;
        Ok(Own(Box::new(behind)))
    }

    /// Writes to the store what waits for it, if it is time and nothing else is under way.
    fn catch_up(&self) -> Result<(), Error> {
        let Ok(mut committer) = self.commits.idle() else {
            return Ok(());
        };
        match committer.catch_up() {
            // Somebody else has the store, and follows the changelog with it.
            Err(Error::Fenced { .. }) => Ok(()),
            caught_up => caught_up,
        }
    }

    /// Has every input take what was fetched for it.
    fn fill(&mut self, limit: Limit) -> Result<(), Error> {
        self.fetch(limit, Duration::ZERO)?;
        let until = Instant::now() + ON_ITS_WAY;
        while !self.inputs.iter().all(Input::settled)
            && !self.interrupted()
            && Instant::now() < until
        {
            self.fetch(limit, GLANCE)?;
        }
        Ok(())
    }

    /// Has every input take what is at hand, and listen for so long where nothing is.
    fn fetch(&mut self, limit: Limit, wait: Duration) -> Result<(), Error> {
        let mut inputs = self.inputs.iter_mut();
        inputs.try_for_each(|input| input.fill(limit, wait))
    }

    fn interrupted(&self) -> bool {
        self.open.shared.signal.counts().interrupts != self.interrupts
    }

    /// What there is, at most `limit`; inputs take turns.
    fn take(&mut self, limit: Limit) -> Result<Vec<Record>, Error> {
        let inputs = &mut self.inputs;
        take_turns(
            &mut self.turn,
            inputs.len(),
            limit,
            |input, room, records| Ok(inputs[input].take(room, records)),
        )
    }
}

impl State for KafkaTask {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.own()?.get(key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        self.own()?.scan(from, to, visit)
    }
}

impl Task for KafkaTask {
    fn id(&self) -> &TaskId {
        &self.open.id
    }

    fn snapshot(&self) -> Result<Box<dyn State + '_>, Error> {
        let behind = self.recent.over(|| self.store.snapshot())?;
        Ok(Box::new(Own(Box::new(behind))))
    }

    fn poll(&mut self, limit: Limit, wait: Duration) -> Result<Vec<Record>, Error> {
        // A wait too long for the clock is a wait without an end.
        let until = Instant::now().checked_add(wait);
        let mut counts = self.open.shared.signal.counts();
        loop {
            // The counts are older than what is read, so what arrives after it ends the wait.
            self.fill(limit)?;
            let records = self.take(limit)?;
            let interrupted = counts.interrupts != self.interrupts;
            let now = Instant::now();
            let over = until.is_some_and(|until| now >= until);
            if !records.is_empty() || interrupted || over || limit.records == 0 {
                self.interrupts = counts.interrupts;
                return Ok(records);
            }
            self.catch_up()?;
            let sleep = (now + LONGEST_SLEEP).min(until.unwrap_or(now + LONGEST_SLEEP));
            counts = self.open.shared.signal.wait(counts.generation, Some(sleep));
        }
    }

    fn poll_at_hand(&mut self, limit: Limit) -> Result<Vec<Record>, Error> {
        self.fetch(limit, Duration::ZERO)?;
        self.take(limit)
    }

    fn commit(&mut self, commit: &Commit) -> Result<(), Error> {
        self.commits.commit(commit)?;
        self.committed(commit);
        Ok(())
    }

    fn submit(&mut self, commit: Arc<Commit>) -> Result<(), Error> {
        self.commits.submit(commit)
    }

    fn settle(&mut self) -> Result<(), Error> {
        if let Some(commit) = self.commits.settle()? {
            self.committed(&commit);
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), Error> {
        let mut committer = self.commits.idle()?;
        committer.resolve()?;
        for input in &mut self.inputs {
            let from = committer.position(&input.topic).unwrap_or(0);
            // What was not handed out needs no fetching again.
            if input.next() != from {
                input.seek(from)?;
            }
        }
        Ok(())
    }
}
