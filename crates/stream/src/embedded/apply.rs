//! Applying a commit: first decide everything, then do it in one transaction.

use super::catalog::{Catalog, Partition};
use super::fault::DataFile;
use super::headers;
use super::place::{OFFSET_LIMIT, place};
use super::state::{self, LargeValues, Moved};
use super::task::Input;
use crate::{Commit, Error, NewRecord, Partitioning, StateChange, TaskId, partition_of};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whose commit it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Author<'a> {
    pub(super) id: &'a TaskId,
    /// The task's row.
    pub(super) task: i64,
    /// Which of the handles ever opened on the task this one is.
    pub(super) epoch: i64,
    pub(super) inputs: &'a [Input],
    pub(super) large: &'a LargeValues,
}

/// What a commit comes down to. Nothing in it can be refused any more.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// With their places, in the order of the places.
    records: Vec<(i64, &'a NewRecord)>,
    /// Where each partition that grows ends afterwards, by row.
    ends: BTreeMap<i64, (Arc<Partition>, u64)>,
    state: &'a [StateChange],
    /// Rows of topics, and the next offset to read of each.
    positions: Vec<(i64, u64)>,
}

impl<'a> Plan<'a> {
    /// Decides. Called with the writer held, so that no partition grows in between.
    pub(super) fn new(
        commit: &'a Commit,
        author: &Author<'_>,
        catalog: &Catalog,
    ) -> Result<Self, Error> {
        let mut plan = Self {
            records: Vec::with_capacity(commit.records.len()),
            ends: BTreeMap::new(),
            state: &commit.state,
            positions: Vec::with_capacity(commit.offsets.len()),
        };
        for record in &commit.records {
            let topic = catalog.topic(&record.topic)?;
            let count = topic.partitions.len() as u32;
            match record.partitioning {
                Partitioning::ByKey => {
                    let number = partition_of(&record.key, count);
                    plan.append(topic.partition(&record.topic, number)?, record)?;
                }
                Partitioning::Fixed(number) => {
                    plan.append(topic.partition(&record.topic, number)?, record)?;
                }
                Partitioning::Broadcast => {
                    for partition in &topic.partitions {
                        plan.append(partition, record)?;
                    }
                }
            }
        }
        plan.records.sort_unstable_by_key(|(place, _)| *place);
        plan.move_positions(commit, author)?;
        Ok(plan)
    }

    fn append(&mut self, partition: &Arc<Partition>, record: &'a NewRecord) -> Result<(), Error> {
        let (_, end) = self
            .ends
            .entry(partition.id)
            .or_insert_with(|| (Arc::clone(partition), partition.end()));
        if *end >= OFFSET_LIMIT {
            return Err(Error::Misuse(format!("topic {} is full", record.topic)));
        }
        self.records.push((place(partition.id, *end), record));
        *end += 1;
        Ok(())
    }

    fn move_positions(&mut self, commit: &Commit, author: &Author<'_>) -> Result<(), Error> {
        for offset in &commit.offsets {
            let mistake = |what: String| {
                let (task, topic, partition) = (author.id, &offset.topic, offset.partition);
                Err(Error::Misuse(format!(
                    "task {task}, {topic} partition {partition}: {what}"
                )))
            };
            let Some(input) = author
                .inputs
                .iter()
                .find(|input| input.name == offset.topic)
            else {
                return mistake("not an input, so it has no position to commit".to_owned());
            };
            if offset.partition != author.id.partition {
                return mistake("belongs to another task".to_owned());
            }
            let earlier = self
                .positions
                .iter()
                .rev()
                .find(|(topic, _)| *topic == input.topic);
            let known = earlier
                .map(|(_, next)| *next)
                .or(input.committed)
                .unwrap_or(0);
            if offset.next < known {
                return mistake(format!("position {} is behind {known}", offset.next));
            }
            let end = input.partition.end();
            if offset.next > end {
                return mistake(format!("position {} is beyond the end {end}", offset.next));
            }
            self.positions.push((input.topic, offset.next));
        }
        Ok(())
    }

    /// Whether doing it would write nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.state.is_empty() && self.positions.is_empty()
    }

    /// Does it: all or nothing. Returns what became of the task's large values.
    pub(super) fn execute(
        &self,
        author: &Author<'_>,
        connection: &mut Connection,
        file: &DataFile,
    ) -> Result<Moved, Error> {
        let fault = file.fault("committing to");
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&fault)?;
        if epoch(&transaction, author.task).map_err(&fault)? != Some(author.epoch) {
            return Err(Error::Fenced {
                task: author.id.to_string(),
            });
        }
        if self.is_empty() {
            return Ok(Moved::default());
        }
        // Dropping the transaction on the way out undoes it.
        let moved = self
            .write(&transaction, author.task, author.large)
            .map_err(&fault)?;
        transaction.commit().map_err(&fault)?;
        for (partition, end) in self.ends.values() {
            partition.moved(*end);
        }
        Ok(moved)
    }

    fn write(
        &self,
        transaction: &Transaction<'_>,
        task: i64,
        large: &LargeValues,
    ) -> rusqlite::Result<Moved> {
        let mut insert = transaction.prepare_cached(
            "INSERT INTO record (id, timestamp, key, value, headers) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for (place, record) in &self.records {
            let headers = headers::encode(&record.headers);
            let NewRecord {
                timestamp,
                key,
                value,
                ..
            } = record;
            insert.execute(params![place, timestamp, key, value, headers])?;
        }
        let mut extend =
            transaction.prepare_cached("UPDATE partitions SET next = ?2 WHERE id = ?1")?;
        for (partition, end) in self.ends.values() {
            extend.execute(params![partition.id, end])?;
        }
        let moved = state::write(transaction, task, self.state, large)?;
        let mut advance = transaction.prepare_cached(
            "INSERT OR REPLACE INTO position (task, topic, next) VALUES (?1, ?2, ?3)",
        )?;
        for (topic, next) in &self.positions {
            advance.execute(params![task, topic, next])?;
        }
        Ok(moved)
    }
}

fn epoch(transaction: &Transaction<'_>, task: i64) -> rusqlite::Result<Option<i64>> {
    transaction
        .prepare_cached("SELECT epoch FROM task WHERE id = ?1")?
        .query_row([task], |row| row.get(0))
        .optional()
}

/// Opens a task in the file: its row, and the epoch that fences every handle before.
pub(super) fn open_task(
    connection: &mut Connection,
    file: &DataFile,
    id: &TaskId,
) -> Result<(i64, i64), Error> {
    let open = || -> rusqlite::Result<(i64, i64)> {
        let mut statement = connection.prepare_cached(
            "INSERT INTO task (stage, partition_number, epoch) VALUES (?1, ?2, 1)
             ON CONFLICT (stage, partition_number) DO UPDATE SET epoch = epoch + 1
             RETURNING id, epoch",
        )?;
        statement.query_row(params![&*id.stage, id.partition], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })
    };
    open().map_err(file.fault("opening a task in"))
}
