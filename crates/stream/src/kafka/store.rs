//! The state of tasks on this machine: a cache of their changelogs in one embedded log.

use super::cluster::TOMBSTONES;
use super::{Shared, keys};
use crate::{Commit, EmbeddedLog, EmbeddedOptions, Error, ErrorKind, Limit, StateChange, Task};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The file is only a cache: nothing is lost with it, so no commit waits for the disk.
const OPTIONS: EmbeddedOptions = EmbeddedOptions {
    synchronous_full: false,
    cache_mib: 64,
    max_mib: None,
};
/// How many keys one commit removes when a store is emptied.
const AT_ONCE: usize = 10_000;

/// Opens the store. What is damaged, or of another version of hark, is thrown away: the changelogs
/// have it all.
pub(super) fn open(folder: &Path) -> Result<Arc<EmbeddedLog>, Error> {
    match EmbeddedLog::open(folder, OPTIONS) {
        Err(error) if matches!(error.kind(), ErrorKind::Corrupt | ErrorKind::Layout) => {
            tracing::warn!(%error, folder = %folder.display(), "the store of state cannot be used and is built anew from Kafka");
            std::fs::remove_dir_all(folder).map_err(|error| Error::Io {
                context: format!("removing {}", folder.display()),
                message: error.to_string(),
                retryable: false,
            })?;
            EmbeddedLog::open(folder, OPTIONS)
        }
        opened => opened,
    }
}

/// How much of a changelog is applied to the store at once.
const APPLIED: Limit = Limit {
    records: 20_000,
    bytes: 16 << 20,
};

/// Has a task's store follow its changelog, by its name on the cluster, to the end.
pub(super) fn follow(
    shared: &Shared,
    changelog: &str,
    partition: u32,
    store: &mut dyn Task,
) -> Result<(), Error> {
    let origin = shared.cluster.identity(changelog)?;
    let bounds = shared.cluster.bounds_of(changelog, partition)?;
    let mut next = followed(store)?;
    let now = shared.now().cast_unsigned();
    if next > bounds.end || (next > 0 && !usable(store, &origin, now)?) {
        next = 0;
    }
    if next == 0 {
        // Also what was left half empty.
        empty(store)?;
    }
    let mut seen = vec![
        keys::put(keys::followed_at(), now),
        StateChange {
            key: keys::origin(),
            value: Some(origin.into_bytes()),
        },
    ];
    if next == bounds.end {
        // What a store has not seen the end of would be read again, which is all that this saves.
        return store.commit(&Commit {
            state: seen,
            ..Commit::default()
        });
    }
    let mut input = shared.read_changelog(changelog, partition, next)?;
    while next < bounds.end {
        let mut records = Vec::new();
        shared.more(&mut input, APPLIED, &mut records)?;
        next = records.last().map_or(bounds.end, |last| last.offset + 1);
        let mut state: Vec<StateChange> = records
            .into_iter()
            .map(|record| StateChange {
                key: record.key.to_vec(),
                value: record.value.map(|value| value.to_vec()),
            })
            .collect();
        state.push(keys::put(keys::followed(), next));
        state.append(&mut seen);
        store.commit(&Commit {
            state,
            ..Commit::default()
        })?;
    }
    shared.give_back(input);
    Ok(())
}

/// Whether a store may go on following: it mirrors this very changelog, and has looked at it lately
/// enough that no key is gone without a word.
fn usable(store: &dyn Task, origin: &str, now: u64) -> Result<bool, Error> {
    let mirrors = store.get(&keys::origin())?.as_deref() == Some(origin.as_bytes());
    let looked = store.get(&keys::followed_at())?;
    let looked = looked.as_deref().and_then(keys::number).unwrap_or(0);
    let age = Duration::from_millis(now.saturating_sub(looked));
    Ok(mirrors && age < TOMBSTONES / 2)
}

/// Removes all that a store knows of a task.
fn empty(store: &mut dyn Task) -> Result<(), Error> {
    loop {
        let mut state = Vec::new();
        store.scan(&[], &[u8::MAX], &mut |key, _| {
            state.push(StateChange {
                key: key.to_vec(),
                value: None,
            });
            state.len() < AT_ONCE
        })?;
        if state.is_empty() {
            return Ok(());
        }
        store.commit(&Commit {
            state,
            ..Commit::default()
        })?;
    }
}

/// How far a store has followed its changelog.
fn followed(store: &dyn Task) -> Result<u64, Error> {
    let value = store.get(&keys::followed())?;
    Ok(value.as_deref().and_then(keys::number).unwrap_or(0))
}
