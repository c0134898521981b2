//! Reading through one connection: what the log, its tasks and the reader share.

use super::fault::DataFile;
use super::headers;
use super::place::{offset_of, place};
use super::state::{self, LargeValues};
use crate::{Bounds, Cleanup, Error, Limit, Record, State, TaskId, TopicName, TopicSpec};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::sync::Arc;
use std::time::Duration;

/// A connection that only reads. Each call sees the last commit, and never waits for a writer.
#[derive(Debug)]
pub(super) struct View {
    connection: Connection,
    file: DataFile,
}

const TOPICS: &str = "SELECT name, retention_ms, compact,
        (SELECT count(*) FROM partitions WHERE topic = topic.id) FROM topic ORDER BY name";
const PARTITION: &str =
    "SELECT partitions.id FROM topic JOIN partitions ON partitions.topic = topic.id
        WHERE topic.name = ?1 AND partitions.number = ?2";
const BOUNDS: &str = "SELECT next, (SELECT min(id) FROM record WHERE id >= ?2 AND id < ?3) FROM partitions WHERE id = ?1";
const RECORDS: &str = "SELECT id, timestamp, key, value, headers FROM record
        WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3";
const TASK: &str = "SELECT id FROM task WHERE stage = ?1 AND partition_number = ?2";
const POSITION: &str = "SELECT position.next FROM position JOIN topic ON topic.id = position.topic
        WHERE position.task = ?1 AND topic.name = ?2";

impl View {
    pub(super) fn new(connection: Connection, file: DataFile) -> Self {
        Self { connection, file }
    }

    /// A look at a task's state in which every read sees the same commit: many reads then cost
    /// one look at the write-ahead log, not one each.
    pub(super) fn snapshot(&self, task: i64) -> Result<Snapshot<'_>, Error> {
        self.execute("BEGIN")?;
        Ok(Snapshot { view: self, task })
    }

    fn execute(&self, statement: &str) -> Result<(), Error> {
        let execute = || self.connection.prepare_cached(statement)?.execute([]);
        execute().map(drop).map_err(self.file.fault("reading"))
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn file(&self) -> &DataFile {
        &self.file
    }

    pub(super) fn topics(&self) -> Result<Vec<TopicSpec>, Error> {
        let read = || -> rusqlite::Result<Vec<TopicSpec>> {
            let mut statement = self.connection.prepare_cached(TOPICS)?;
            let specs = statement.query_map([], |row| {
                let retention: Option<u64> = row.get(1)?;
                Ok(TopicSpec {
                    name: TopicName::new(row.get_ref(0)?.as_str()?),
                    partitions: row.get(3)?,
                    cleanup: Cleanup {
                        retention: retention.map(Duration::from_millis),
                        compact: row.get(2)?,
                    },
                })
            })?;
            specs.collect()
        };
        read().map_err(self.file.fault("reading the topics of"))
    }

    /// The row of a partition.
    pub(super) fn partition(&self, topic: &TopicName, number: u32) -> Result<i64, Error> {
        let read = || -> rusqlite::Result<Option<i64>> {
            let mut statement = self.connection.prepare_cached(PARTITION)?;
            statement
                .query_row(params![topic.as_str(), number], |row| row.get(0))
                .optional()
        };
        read()
            .map_err(self.file.fault("reading the topics of"))?
            .ok_or_else(|| no_such_partition(topic, number))
    }

    pub(super) fn bounds(&self, topic: &TopicName, number: u32) -> Result<Bounds, Error> {
        let partition = self.partition(topic, number)?;
        let read = || -> rusqlite::Result<Bounds> {
            let mut statement = self.connection.prepare_cached(BOUNDS)?;
            let range = params![partition, place(partition, 0), place(partition, u64::MAX)];
            statement.query_row(range, |row| {
                let end: u64 = row.get(0)?;
                let first: Option<i64> = row.get(1)?;
                Ok(Bounds {
                    start: first.map_or(end, offset_of),
                    end,
                })
            })
        };
        read().map_err(self.file.fault("reading the bounds of a topic in"))
    }

    /// Appends records from an offset on to `records`, at least one if there is one, and returns
    /// the bytes of their keys and values.
    pub(super) fn records(
        &self,
        source: Source<'_>,
        limit: Limit,
        records: &mut Vec<Record>,
    ) -> Result<usize, Error> {
        let mut bytes = 0;
        let mut read = || -> rusqlite::Result<()> {
            let mut statement = self.connection.prepare_cached(RECORDS)?;
            let most = i64::try_from(limit.records).unwrap_or(i64::MAX);
            let Source {
                partition, from, ..
            } = source;
            let range = params![place(partition, from), place(partition, u64::MAX), most];
            let mut rows = statement.query(range)?;
            while let Some(row) = rows.next()? {
                let record = record(&source, row)?;
                bytes += record.size();
                records.push(record);
                if bytes >= limit.bytes {
                    break;
                }
            }
            Ok(())
        };
        read().map_err(self.file.fault("reading records of"))?;
        Ok(bytes)
    }

    pub(super) fn task(&self, id: &TaskId) -> Result<Option<i64>, Error> {
        let read = || -> rusqlite::Result<Option<i64>> {
            let mut statement = self.connection.prepare_cached(TASK)?;
            statement
                .query_row(params![&*id.stage, id.partition], |row| row.get(0))
                .optional()
        };
        read().map_err(self.file.fault("reading the tasks of"))
    }

    pub(super) fn position(&self, task: i64, topic: &TopicName) -> Result<Option<u64>, Error> {
        let read = || -> rusqlite::Result<Option<u64>> {
            let mut statement = self.connection.prepare_cached(POSITION)?;
            statement
                .query_row(params![task, topic.as_str()], |row| row.get(0))
                .optional()
        };
        read().map_err(self.file.fault("reading a position in"))
    }

    pub(super) fn large_values(&self, task: i64) -> Result<LargeValues, Error> {
        LargeValues::of(&self.connection, task).map_err(self.file.fault("reading state in"))
    }

    pub(super) fn get(&self, task: i64, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        state::get(&self.connection, task, key).map_err(self.file.fault("reading state in"))
    }

    pub(super) fn scan(
        &self,
        task: i64,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        state::scan(&self.connection, task, from, to, visit)
            .map_err(self.file.fault("reading state in"))
    }
}

/// A task's state as one commit left it. While there is one the write-ahead log cannot be
/// shortened, so nobody may wait with one in hand.
pub(super) struct Snapshot<'a> {
    view: &'a View,
    task: i64,
}

impl State for Snapshot<'_> {
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

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        // Nothing was written, so nothing can be lost; SQLite may have ended it itself after an
        // I/O error, which the reading call has already reported.
        let _ = self.view.execute("ROLLBACK");
    }
}

/// Where records are read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Source<'a> {
    pub(super) topic: &'a TopicName,
    pub(super) number: u32,
    /// The partition's row.
    pub(super) partition: i64,
    pub(super) from: u64,
}

pub(super) fn no_such_partition(topic: &TopicName, number: u32) -> Error {
    Error::Misuse(format!(
        "there is no partition {number} of topic {topic}; declare it first"
    ))
}

fn record(source: &Source<'_>, row: &Row<'_>) -> rusqlite::Result<Record> {
    let headers = match row.get_ref(4)?.as_blob_or_null()? {
        None => Vec::new(),
        Some(bytes) => headers::decode(bytes).ok_or_else(|| {
            rusqlite::Error::InvalidColumnType(4, "headers".to_owned(), rusqlite::types::Type::Blob)
        })?,
    };
    Ok(Record {
        topic: source.topic.clone(),
        partition: source.number,
        offset: offset_of(row.get(0)?),
        timestamp: row.get(1)?,
        key: Arc::from(row.get_ref(2)?.as_blob()?),
        value: row.get_ref(3)?.as_blob_or_null()?.map(Arc::from),
        headers,
    })
}
