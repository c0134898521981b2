//! The topics, kept in memory: which partitions there are and where each of them ends.

use super::fault::DataFile;
use super::place::{OFFSET_LIMIT, PARTITION_LIMIT, offset_of, place};
use super::view::no_such_partition;
use crate::{Error, TopicName, TopicSpec};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A topic's rows. Shared by everybody who reads or writes it.
#[derive(Debug)]
pub(super) struct Topic {
    /// Its row.
    pub(super) id: i64,
    /// By number.
    pub(super) partitions: Vec<Arc<Partition>>,
}

/// One partition.
#[derive(Debug)]
pub(super) struct Partition {
    /// Its row.
    pub(super) id: i64,
    /// The next offset. Stored after the transaction that wrote the records has committed, so a
    /// transaction that fails leaves it right, and whoever sees it finds the records.
    end: AtomicU64,
}

impl Partition {
    pub(super) fn end(&self) -> u64 {
        self.end.load(Ordering::Acquire)
    }

    pub(super) fn moved(&self, end: u64) {
        self.end.store(end, Ordering::Release);
    }
}

impl Topic {
    pub(super) fn partition(
        &self,
        name: &TopicName,
        number: u32,
    ) -> Result<&Arc<Partition>, Error> {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        self.partitions
            .get(index)
            .ok_or_else(|| no_such_partition(name, number))
    }
}

/// All topics by name.
#[derive(Debug, Default)]
pub(super) struct Catalog(HashMap<TopicName, Arc<Topic>>);

impl Catalog {
    pub(super) fn topic(&self, name: &TopicName) -> Result<&Arc<Topic>, Error> {
        self.0.get(name).ok_or_else(|| {
            Error::Misuse(format!(
                "there is no topic {name}; declare it before using it"
            ))
        })
    }

    /// Reads the topics, and checks each partition's end against its newest record.
    pub(super) fn load(connection: &Connection, file: &DataFile) -> Result<Self, Error> {
        let fault = file.fault("reading the topics of");
        let mut topics: HashMap<TopicName, Topic> = HashMap::new();
        let mut statement = connection
            .prepare(
                "SELECT topic.name, topic.id, partitions.id, partitions.next, partitions.number
                 FROM topic JOIN partitions ON partitions.topic = topic.id
                 ORDER BY topic.id, partitions.number",
            )
            .map_err(&fault)?;
        let mut newest = connection
            .prepare("SELECT max(id) FROM record WHERE id >= ?1 AND id < ?2")
            .map_err(&fault)?;
        let mut rows = statement.query([]).map_err(&fault)?;
        while let Some(row) = rows.next().map_err(&fault)? {
            let name = TopicName::new(row.get::<_, String>(0).map_err(&fault)?);
            let id: i64 = row.get(2).map_err(&fault)?;
            let end: u64 = row.get(3).map_err(&fault)?;
            let number: usize = row.get(4).map_err(&fault)?;
            let last: Option<i64> = newest
                .query_row(params![place(id, 0), place(id, u64::MAX)], |row| row.get(0))
                .map_err(&fault)?;
            if end > OFFSET_LIMIT || last.is_some_and(|last| offset_of(last) >= end) {
                return Err(file.corrupt(format!("topic {name} has records beyond its end {end}")));
            }
            let topic = match topics.entry(name.clone()) {
                std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
                std::collections::hash_map::Entry::Vacant(new) => new.insert(Topic {
                    id: row.get(1).map_err(&fault)?,
                    partitions: Vec::new(),
                }),
            };
            if topic.partitions.len() != number {
                return Err(file.corrupt(format!("topic {name} misses a partition")));
            }
            topic.partitions.push(Arc::new(Partition {
                id,
                end: AtomicU64::new(end),
            }));
        }
        Ok(Self(
            topics
                .into_iter()
                .map(|(name, topic)| (name, Arc::new(topic)))
                .collect(),
        ))
    }

    /// Creates or updates topics, all or none.
    pub(super) fn declare(
        &mut self,
        connection: &mut Connection,
        file: &DataFile,
        specs: &[TopicSpec],
    ) -> Result<(), Error> {
        let fault = file.fault("declaring topics in");
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(&fault)?;
        let mut created: HashMap<TopicName, Arc<Topic>> = HashMap::new();
        for spec in specs {
            spec.check()?;
            let known = self.0.get(&spec.name).or_else(|| created.get(&spec.name));
            match known {
                Some(topic) => {
                    check_same(topic, spec)?;
                    update(&transaction, topic, spec).map_err(&fault)?;
                }
                None => {
                    let topic = create(&transaction, spec).map_err(&fault)?;
                    if topic
                        .partitions
                        .last()
                        .is_some_and(|last| last.id > PARTITION_LIMIT)
                    {
                        return Err(Error::Misuse(format!(
                            "topic {} would be too many partitions",
                            spec.name
                        )));
                    }
                    created.insert(spec.name.clone(), Arc::new(topic));
                }
            }
        }
        transaction.commit().map_err(&fault)?;
        self.0.extend(created);
        Ok(())
    }
}

fn check_same(topic: &Topic, spec: &TopicSpec) -> Result<(), Error> {
    let have = topic.partitions.len();
    if usize::try_from(spec.partitions) == Ok(have) {
        return Ok(());
    }
    Err(Error::Misuse(format!(
        "topic {} has {have} partitions and cannot be given {}: keys would move and counts with \
         them; set it back to {have}, or start with a new data folder",
        spec.name, spec.partitions
    )))
}

fn create(transaction: &Transaction<'_>, spec: &TopicSpec) -> rusqlite::Result<Topic> {
    transaction.execute(
        "INSERT INTO topic (name, retention_ms, compact) VALUES (?1, ?2, ?3)",
        params![spec.name.as_str(), retention_ms(spec), spec.cleanup.compact],
    )?;
    let id = transaction.last_insert_rowid();
    let mut partitions = Vec::new();
    for number in 0..spec.partitions {
        transaction.execute(
            "INSERT INTO partitions (topic, number, next, compacted) VALUES (?1, ?2, 0, 0)",
            params![id, number],
        )?;
        let id = transaction.last_insert_rowid();
        partitions.push(Arc::new(Partition {
            id,
            end: AtomicU64::new(0),
        }));
    }
    Ok(Topic { id, partitions })
}

fn update(transaction: &Transaction<'_>, topic: &Topic, spec: &TopicSpec) -> rusqlite::Result<()> {
    let wanted = (retention_ms(spec), spec.cleanup.compact);
    let known: Option<(Option<i64>, bool)> = transaction
        .query_row(
            "SELECT retention_ms, compact FROM topic WHERE id = ?1",
            [topic.id],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    if known == Some(wanted) {
        return Ok(());
    }
    transaction.execute(
        "UPDATE topic SET retention_ms = ?2, compact = ?3 WHERE id = ?1",
        params![topic.id, wanted.0, wanted.1],
    )?;
    if !wanted.1 {
        // What compaction knew is stale once records of the same key pile up again.
        for partition in &topic.partitions {
            transaction.execute("DELETE FROM newest WHERE partition_id = ?1", [partition.id])?;
            transaction.execute(
                "UPDATE partitions SET compacted = 0 WHERE id = ?1",
                [partition.id],
            )?;
        }
    }
    Ok(())
}

fn retention_ms(spec: &TopicSpec) -> Option<i64> {
    spec.cleanup
        .retention
        .map(|keep| i64::try_from(keep.as_millis()).unwrap_or(i64::MAX))
}
