//! A stage's handle: reading the inputs in turns, and committing.

use super::Shared;
use super::apply::open_task;
use super::catalog::Partition;
use super::committer::Committer;
use super::view::{Source, View};
use crate::background::Commits;
use crate::turns::take_turns;
use crate::{Commit, Error, Limit, Record, State, Task, TaskId, TopicName};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A task of the embedded log. Fields are dropped in this order: reading ends before the last
/// holder of the writer closes the file.
#[derive(Debug)]
pub(super) struct EmbeddedTask {
    /// Its own connection, so that reading never waits for somebody's commit.
    view: View,
    id: TaskId,
    task: i64,
    /// The next offset to poll of each input, and the input itself.
    reading: Vec<(Input, u64)>,
    /// The input whose turn it is.
    turn: usize,
    /// The interrupts this handle has answered by returning.
    interrupts: u64,
    commits: Commits<Committer>,
    shared: Arc<Shared>,
}

/// One input partition.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) name: TopicName,
    /// The topic's row.
    pub(super) topic: i64,
    pub(super) partition: Arc<Partition>,
    /// The next offset to read, as it was last committed.
    pub(super) committed: Option<u64>,
}

impl EmbeddedTask {
    pub(super) fn open(
        shared: &Arc<Shared>,
        id: &TaskId,
        inputs: &[TopicName],
    ) -> Result<Self, Error> {
        let view = super::open::view(&shared.file)?;
        let inputs = resolve(shared, id, inputs)?;
        let (task, epoch) = open_task(&mut shared.writer.lock(), &shared.file, id)?;
        let committer = Committer {
            id: id.clone(),
            task,
            epoch,
            inputs: inputs.clone(),
            large: view.large_values(task)?,
            shared: Arc::clone(shared),
        };
        let mut task = Self {
            view,
            id: id.clone(),
            task,
            reading: inputs.into_iter().map(|input| (input, 0)).collect(),
            turn: 0,
            interrupts: shared.signal.counts().interrupts,
            commits: Commits::new(id, committer),
            shared: Arc::clone(shared),
        };
        // Only now that older handles are fenced does the position stand still.
        task.rewind()?;
        Ok(task)
    }

    /// What was committed is not polled again, whoever read it.
    fn committed(&mut self, commit: &Commit) {
        for offset in &commit.offsets {
            for (input, cursor) in &mut self.reading {
                if input.name == offset.topic {
                    *cursor = (*cursor).max(offset.next);
                }
            }
        }
    }

    /// What is there now, at most `limit`. Moves the cursors only when all of it was read.
    fn fetch(&mut self, limit: Limit) -> Result<Vec<Record>, Error> {
        let mut cursors: Vec<u64> = self.reading.iter().map(|(_, cursor)| *cursor).collect();
        let mut turn = self.turn;
        let (view, number, reading) = (&self.view, self.id.partition, &self.reading);
        let records = take_turns(&mut turn, reading.len(), limit, |input, room, records| {
            let (input, cursor) = (&reading[input].0, &mut cursors[input]);
            input.read(view, number, cursor, room, records)
        })?;
        self.turn = turn;
        for ((_, known), cursor) in self.reading.iter_mut().zip(cursors) {
            *known = cursor;
        }
        Ok(records)
    }
}

impl Input {
    fn read(
        &self,
        view: &View,
        number: u32,
        cursor: &mut u64,
        limit: Limit,
        records: &mut Vec<Record>,
    ) -> Result<usize, Error> {
        // Looked up before reading: what is below it and not found then was cleaned away.
        let end = self.partition.end();
        if *cursor >= end {
            return Ok(0);
        }
        let before = records.len();
        let source = Source {
            topic: &self.name,
            number,
            partition: self.partition.id,
            from: *cursor,
        };
        let bytes = view.records(source, limit, records)?;
        *cursor = match records[before..].last() {
            Some(last) => last.offset + 1,
            None => end,
        };
        Ok(bytes)
    }
}

impl State for EmbeddedTask {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.view.get(self.task, key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        self.view.scan(self.task, from, to, visit)
    }
}

impl Task for EmbeddedTask {
    fn id(&self) -> &TaskId {
        &self.id
    }

    fn snapshot(&self) -> Result<Box<dyn State + '_>, Error> {
        Ok(Box::new(self.view.snapshot(self.task)?))
    }

    fn poll(&mut self, limit: Limit, wait: Duration) -> Result<Vec<Record>, Error> {
        // A wait too long for the clock is a wait without an end.
        let until = Instant::now().checked_add(wait);
        let mut counts = self.shared.signal.counts();
        loop {
            // The counts are older than what is read, so a commit after the reading ends the wait.
            let records = self.fetch(limit)?;
            let interrupted = counts.interrupts != self.interrupts;
            let over = until.is_some_and(|until| Instant::now() >= until);
            if !records.is_empty() || interrupted || over || limit.records == 0 {
                self.interrupts = counts.interrupts;
                return Ok(records);
            }
            counts = self.shared.signal.wait(counts.generation, until);
        }
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
        for (number, (input, cursor)) in self.reading.iter_mut().enumerate() {
            let position = self.view.position(self.task, &input.name)?;
            committer.inputs[number].committed = position;
            *cursor = position.unwrap_or(0);
        }
        Ok(())
    }
}

fn resolve(shared: &Shared, id: &TaskId, inputs: &[TopicName]) -> Result<Vec<Input>, Error> {
    let catalog = shared.catalog.read();
    let mut resolved: Vec<Input> = Vec::with_capacity(inputs.len());
    for name in inputs {
        if resolved.iter().any(|input| input.name == *name) {
            return Err(Error::Misuse(format!("task {id} names topic {name} twice")));
        }
        let topic = catalog.topic(name)?;
        resolved.push(Input {
            name: name.clone(),
            topic: topic.id,
            partition: Arc::clone(topic.partition(name, id.partition)?),
            committed: None,
        });
    }
    Ok(resolved)
}
