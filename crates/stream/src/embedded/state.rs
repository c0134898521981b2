//! Tasks' states in the file.
//!
//! A lookup compares the key it wants with rows on its way down the tree. Rows larger than a
//! quarter of a page are not whole on theirs, so a few large ones would make every lookup read
//! page after page; they lie in a table of their own.

use crate::StateChange;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use std::collections::HashMap;

/// The longest value that lies beside its key, in bytes: with the longest usual keys still below
/// a quarter of a page.
const LONGEST_BESIDE: usize = 640;

const GET: &str = "SELECT value, large FROM state WHERE task = ?1 AND key = ?2";
const GET_LARGE: &str = "SELECT value FROM large_value WHERE id = ?1";
const SCAN: &str = "SELECT key, value, large FROM state
        WHERE task = ?1 AND key >= ?2 AND key < ?3 ORDER BY key";
const PUT: &str = "INSERT OR REPLACE INTO state (task, key, value, large) VALUES (?1, ?2, ?3, ?4)";
const REMOVE: &str = "DELETE FROM state WHERE task = ?1 AND key = ?2";
const PUT_LARGE: &str =
    "INSERT OR REPLACE INTO large_value (id, task, key, value) VALUES (?1, ?2, ?3, ?4)";
const REMOVE_LARGE: &str = "DELETE FROM large_value WHERE id = ?1";
const LARGE_OF: &str = "SELECT key, id FROM large_value WHERE task = ?1";

/// The rows of a task's large values, by key: only who writes them needs to know.
#[derive(Debug, Default)]
pub(super) struct LargeValues(HashMap<Vec<u8>, i64>);

/// What a commit changed about them.
#[derive(Debug, Default)]
pub(super) struct Moved(HashMap<Vec<u8>, Option<i64>>);

impl LargeValues {
    pub(super) fn of(connection: &Connection, task: i64) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare_cached(LARGE_OF)?;
        let rows = statement.query_map([task], |row| Ok((row.get(0)?, row.get(1)?)))?;
        rows.collect::<rusqlite::Result<_>>().map(Self)
    }

    /// After the commit that moved them.
    pub(super) fn moved(&mut self, Moved(moved): Moved) {
        for (key, place) in moved {
            match place {
                Some(place) => drop(self.0.insert(key, place)),
                None => drop(self.0.remove(&key)),
            }
        }
    }
}

/// Writes changes; of two to one key the later counts.
pub(super) fn write(
    transaction: &Transaction<'_>,
    task: i64,
    changes: &[StateChange],
    large: &LargeValues,
) -> rusqlite::Result<Moved> {
    let mut put = transaction.prepare_cached(PUT)?;
    let mut remove = transaction.prepare_cached(REMOVE)?;
    let mut moved = Moved::default();
    for StateChange { key, value } in changes {
        let known = match moved.0.get(key) {
            Some(moved) => *moved,
            None => large.0.get(key).copied(),
        };
        let place = match value {
            None => {
                remove.execute(params![task, key])?;
                None
            }
            Some(small) if small.len() <= LONGEST_BESIDE => {
                put.execute(params![task, key, small, None::<i64>])?;
                None
            }
            Some(large) => {
                let mut put_large = transaction.prepare_cached(PUT_LARGE)?;
                put_large.execute(params![known, task, key, large])?;
                let place = known.unwrap_or_else(|| transaction.last_insert_rowid());
                // Where a large value lies does not change with it.
                if known.is_none() {
                    put.execute(params![task, key, None::<&[u8]>, place])?;
                }
                Some(place)
            }
        };
        if let (Some(known), None) = (known, place) {
            transaction.prepare_cached(REMOVE_LARGE)?.execute([known])?;
        }
        if place != known {
            moved.0.insert(key.clone(), place);
        }
    }
    Ok(moved)
}

pub(super) fn get(
    connection: &Connection,
    task: i64,
    key: &[u8],
) -> rusqlite::Result<Option<Vec<u8>>> {
    let mut statement = connection.prepare_cached(GET)?;
    statement
        .query_row(params![task, key], |row| {
            value(connection, row, 0, <[u8]>::to_vec)
        })
        .optional()
}

pub(super) fn scan(
    connection: &Connection,
    task: i64,
    from: &[u8],
    to: &[u8],
    visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(SCAN)?;
    let mut rows = statement.query(params![task, from, to])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_blob()?;
        if !value(connection, row, 1, |value| visit(key, value))? {
            break;
        }
    }
    Ok(())
}

/// Looks at the value of a row whose columns `at` and after are `value` and `large`.
fn value<T>(
    connection: &Connection,
    row: &Row<'_>,
    at: usize,
    look: impl FnOnce(&[u8]) -> T,
) -> rusqlite::Result<T> {
    if let Some(value) = row.get_ref(at)?.as_blob_or_null()? {
        return Ok(look(value));
    }
    let place: i64 = row.get(at + 1)?;
    let mut statement = connection.prepare_cached(GET_LARGE)?;
    statement.query_row([place], |row| Ok(look(row.get_ref(0)?.as_blob()?)))
}
