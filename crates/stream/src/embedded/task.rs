//! A stage's handle: reading the inputs in turns, and committing.

use super::Shared;
use super::apply::{Author, Plan, open_task};
use super::catalog::Partition;
use super::view::{Source, View};
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
    epoch: i64,
    inputs: Vec<Input>,
    /// The input whose turn it is.
    turn: usize,
    /// The interrupts this handle has answered by returning.
    interrupts: u64,
    shared: Arc<Shared>,
}

/// One input partition and how far it was read.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: TopicName,
    /// The topic's row.
    pub(super) topic: i64,
    pub(super) partition: Arc<Partition>,
    pub(super) committed: Option<u64>,
    /// The next offset to poll.
    cursor: u64,
}

impl EmbeddedTask {
    pub(super) fn open(
        shared: &Arc<Shared>,
        id: &TaskId,
        inputs: &[TopicName],
    ) -> Result<Self, Error> {
        let mut task = Self {
            view: super::open::view(&shared.file)?,
            id: id.clone(),
            task: 0,
            epoch: 0,
            inputs: resolve(shared, id, inputs)?,
            turn: 0,
            interrupts: shared.signal.counts().interrupts,
            shared: Arc::clone(shared),
        };
        (task.task, task.epoch) = open_task(&mut shared.writer.lock(), &shared.file, id)?;
        // Only now that older handles are fenced does the position stand still.
        task.rewind()?;
        Ok(task)
    }

    /// What is there now, at most `limit`. Moves the cursors only when all of it was read.
    fn fetch(&mut self, limit: Limit) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        let mut bytes = 0;
        let mut cursors: Vec<u64> = self.inputs.iter().map(|input| input.cursor).collect();
        let share = (limit.records / self.inputs.len().max(1)).max(1);
        let mut turn = self.turn;
        let mut idle = 0;
        while idle < self.inputs.len()
            && records.len() < limit.records
            && bytes < limit.bytes.max(1)
        {
            let room = Limit {
                records: share.min(limit.records - records.len()),
                bytes: limit.bytes.max(1) - bytes,
            };
            let before = records.len();
            bytes += self.inputs[turn].read(
                &self.view,
                self.id.partition,
                &mut cursors[turn],
                room,
                &mut records,
            )?;
            idle = if records.len() == before { idle + 1 } else { 0 };
            turn = (turn + 1) % self.inputs.len();
        }
        self.turn = turn;
        for (input, cursor) in self.inputs.iter_mut().zip(cursors) {
            input.cursor = cursor;
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
        let author = Author {
            id: &self.id,
            task: self.task,
            epoch: self.epoch,
            inputs: &self.inputs,
        };
        {
            let mut writer = self.shared.writer.lock();
            let plan = Plan::new(commit, &author, &self.shared.catalog.read())?;
            plan.execute(&author, &mut writer, &self.shared.file)?;
        }
        for offset in &commit.offsets {
            if let Some(input) = self
                .inputs
                .iter_mut()
                .find(|input| input.name == offset.topic)
            {
                input.committed = Some(offset.next);
                input.cursor = input.cursor.max(offset.next);
            }
        }
        if !commit.is_empty() {
            self.shared.signal.committed();
        }
        Ok(())
    }

    fn rewind(&mut self) -> Result<(), Error> {
        for input in &mut self.inputs {
            input.committed = self.view.position(self.task, &input.name)?;
            input.cursor = input.committed.unwrap_or(0);
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
            cursor: 0,
        });
    }
    Ok(resolved)
}
