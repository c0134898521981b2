//! Retention and compaction, in small transactions, so that no commit waits long.

use super::Shared;
use super::place::{offset_of, place};
use crate::Error;
use parking_lot::MutexGuard;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

/// Records looked at in one transaction.
const CHUNK: i64 = 1000;

/// How long a tombstone stays, so that readers who follow the topic see it.
const TOMBSTONE_MS: i64 = 24 * 60 * 60 * 1000;

/// A partition and the rules of its topic.
#[derive(Clone, Copy, Debug)]
struct Rules {
    partition: i64,
    retention_ms: Option<i64>,
    compact: bool,
    next: u64,
    compacted: u64,
}

/// What one transaction did.
#[derive(Clone, Copy, Debug, Default)]
struct Step {
    removed: u64,
    /// Nothing is left to do.
    done: bool,
}

/// Cleans everything, and returns how many records went.
pub(super) fn clean(shared: &Shared, now: i64) -> Result<u64, Error> {
    let rules = {
        let writer = shared.writer.lock();
        rules(&writer).map_err(shared.file.fault("reading the topics of"))?
    };
    let mut removed = 0;
    for rules in rules {
        if let Some(keep) = rules.retention_ms {
            let oldest = now.saturating_sub(keep);
            removed += repeat(shared, |transaction| expire(transaction, rules, oldest))?;
        }
        if rules.compact {
            let mut from = rules.compacted;
            removed += repeat(shared, |transaction| compact(transaction, rules, &mut from))?;
        }
    }
    let oldest = now.saturating_sub(TOMBSTONE_MS);
    removed += repeat(shared, |transaction| bury(transaction, oldest))?;
    if removed > 0 {
        // So that what was removed leaves the write-ahead log too. A reader may be in the way;
        // then the next cleaning does it.
        let _ = shared
            .writer
            .lock()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    }
    Ok(removed)
}

/// Runs a step in one transaction after another until it is done.
fn repeat(
    shared: &Shared,
    mut step: impl FnMut(&Transaction<'_>) -> rusqlite::Result<Step>,
) -> Result<u64, Error> {
    let mut removed = 0;
    loop {
        let mut writer = shared.writer.lock();
        let mut run = |writer: &mut Connection| -> rusqlite::Result<Step> {
            let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let step = step(&transaction)?;
            transaction.commit()?;
            Ok(step)
        };
        let step = run(&mut writer).map_err(shared.file.fault("cleaning"))?;
        // A commit that waited goes first.
        MutexGuard::unlock_fair(writer);
        removed += step.removed;
        if step.done {
            return Ok(removed);
        }
    }
}

fn rules(connection: &Connection) -> rusqlite::Result<Vec<Rules>> {
    let mut statement = connection.prepare_cached(
        "SELECT partitions.id, retention_ms, compact, next, compacted
         FROM topic JOIN partitions ON partitions.topic = topic.id
         WHERE retention_ms IS NOT NULL OR compact",
    )?;
    let rules = statement.query_map([], |row| {
        Ok(Rules {
            partition: row.get(0)?,
            retention_ms: row.get(1)?,
            compact: row.get(2)?,
            next: row.get(3)?,
            compacted: row.get(4)?,
        })
    })?;
    rules.collect()
}

/// Removes records older than `oldest`, wherever they lie: clocks are set back now and then, so
/// age does not follow the offset.
fn expire(transaction: &Transaction<'_>, rules: Rules, oldest: i64) -> rusqlite::Result<Step> {
    // By the index, so that finding nothing to do is one look-up.
    let mut find = transaction.prepare_cached(
        "SELECT id, key FROM record INDEXED BY record_by_age
         WHERE id >> 40 = ?1 AND timestamp < ?2 LIMIT ?3",
    )?;
    let old: Vec<(i64, Vec<u8>)> = find
        .query_map(params![rules.partition, oldest, CHUNK], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut remove = transaction.prepare_cached("DELETE FROM record WHERE id = ?1")?;
    let mut forget = transaction.prepare_cached(
        "DELETE FROM newest WHERE partition_id = ?1 AND key = ?2 AND record = ?3",
    )?;
    for (id, key) in &old {
        remove.execute([id])?;
        if rules.compact {
            forget.execute(params![rules.partition, key, id])?;
        }
    }
    Ok(Step {
        removed: old.len() as u64,
        done: (old.len() as i64) < CHUNK,
    })
}

/// Takes the next records above `from` into `newest`, and removes those they replace.
fn compact(transaction: &Transaction<'_>, rules: Rules, from: &mut u64) -> rusqlite::Result<Step> {
    if *from >= rules.next {
        return Ok(Step {
            removed: 0,
            done: true,
        });
    }
    let mut find = transaction.prepare_cached(
        "SELECT id, key, iif(value IS NULL, timestamp, NULL) FROM record
         WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3",
    )?;
    let mut known = transaction
        .prepare_cached("SELECT record FROM newest WHERE partition_id = ?1 AND key = ?2")?;
    let mut remove = transaction.prepare_cached("DELETE FROM record WHERE id = ?1")?;
    let mut learn = transaction.prepare_cached(
        "INSERT OR REPLACE INTO newest (partition_id, key, record, tombstone_at)
         VALUES (?1, ?2, ?3, ?4)",
    )?;
    type Found = (i64, Vec<u8>, Option<i64>);
    let range = params![
        place(rules.partition, *from),
        place(rules.partition, rules.next),
        CHUNK
    ];
    let found: Vec<Found> = find
        .query_map(range, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut removed = 0;
    for (id, key, tombstone_at) in &found {
        let older: Option<i64> = known
            .query_row(params![rules.partition, key], |row| row.get(0))
            .optional()?;
        if let Some(older) = older {
            removed += remove.execute([older])? as u64;
        }
        learn.execute(params![rules.partition, key, id, tombstone_at])?;
    }
    let done = (found.len() as i64) < CHUNK;
    *from = match found.last() {
        Some((id, ..)) if !done => offset_of(*id) + 1,
        _ => rules.next,
    };
    transaction.execute(
        "UPDATE partitions SET compacted = ?2 WHERE id = ?1",
        params![rules.partition, *from],
    )?;
    Ok(Step { removed, done })
}

/// Removes tombstones that are the newest of their key and older than `oldest`.
fn bury(transaction: &Transaction<'_>, oldest: i64) -> rusqlite::Result<Step> {
    let mut find = transaction.prepare_cached(
        "SELECT partition_id, key, record FROM newest WHERE tombstone_at < ?1 LIMIT ?2",
    )?;
    type Found = (i64, Vec<u8>, i64);
    let found: Vec<Found> = find
        .query_map(params![oldest, CHUNK], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut remove = transaction.prepare_cached("DELETE FROM record WHERE id = ?1")?;
    let mut forget =
        transaction.prepare_cached("DELETE FROM newest WHERE partition_id = ?1 AND key = ?2")?;
    let mut removed = 0;
    for (partition, key, record) in &found {
        removed += remove.execute([record])? as u64;
        forget.execute(params![partition, key])?;
    }
    Ok(Step {
        removed,
        done: (found.len() as i64) < CHUNK,
    })
}
