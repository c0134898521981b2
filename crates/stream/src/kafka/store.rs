//! The state of tasks on this machine: a cache of their changelogs in one embedded log.

use super::keys;
use crate::{Commit, EmbeddedLog, EmbeddedOptions, Error, ErrorKind, StateChange, Task};
use std::path::Path;
use std::sync::Arc;

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

/// Removes all that a store knows of a task.
pub(super) fn empty(store: &mut dyn Task) -> Result<(), Error> {
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
pub(super) fn followed(store: &dyn Task) -> Result<u64, Error> {
    let value = store.get(&keys::followed())?;
    Ok(value.as_deref().and_then(keys::number).unwrap_or(0))
}
