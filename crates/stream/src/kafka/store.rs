//! The state of tasks on this machine: a cache of their changelogs in one embedded log.

use super::cluster::TOMBSTONES;
use super::input::Input;
use super::{Shared, keys};
use crate::{
    Commit, EmbeddedLog, EmbeddedOptions, Error, ErrorKind, Event, Limit, StateChange, Task, TaskId,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
    records: 200_000,
    bytes: 32 << 20,
};

/// Has a task's store follow its changelog, by its name on the cluster, to the end.
pub(super) fn follow(
    shared: &Shared,
    changelog: &str,
    id: &TaskId,
    store: &mut dyn Task,
) -> Result<(), Error> {
    let partition = id.partition;
    let origin = shared.cluster.identity(changelog)?;
    let bounds = shared.cluster.bounds_of(changelog, partition)?;
    let mut next = followed(store)?;
    let now = shared.now().cast_unsigned();
    if next > bounds.end || (next > 0 && !usable(store, &origin, now)?) {
        next = 0;
    }
    let mut input = shared.read_changelog(changelog, partition, next.saturating_sub(1))?;
    if next > 0 && !follows(shared, &mut input, next, store)? {
        tracing::warn!(task = %id, "what the store saw last is not in Kafka any more; it is built anew");
        next = 0;
        input.seek(0)?;
    }
    if next == 0 {
        // Also what was left half empty.
        empty(store)?;
    }
    // Written with what is read, and not before: what was not read was not looked at.
    let mut seen = vec![
        keys::put(keys::followed_at(), now),
        StateChange {
            key: keys::origin(),
            value: Some(origin.into_bytes()),
        },
    ];
    let mut progress = Progress::new(shared, id, bounds.end - next.max(bounds.start));
    loop {
        let mut records = Vec::new();
        if next < bounds.end {
            shared.more(&mut input, APPLIED, &mut records)?;
        }
        let Some(last) = records.last() else {
            break;
        };
        next = last.offset + 1;
        // In the order of the tree that takes them in, and of each key the last.
        let newest: BTreeMap<Arc<[u8]>, Option<Arc<[u8]>>> = records
            .into_iter()
            .map(|record| (record.key, record.value))
            .collect();
        let mut state: Vec<StateChange> = newest
            .into_iter()
            .map(|(key, value)| StateChange {
                key: key.to_vec(),
                value: value.map(|value| value.to_vec()),
            })
            .collect();
        state.push(keys::put(keys::followed(), next));
        state.append(&mut seen);
        store.commit(&Commit {
            state,
            ..Commit::default()
        })?;
        progress.left(bounds.end.saturating_sub(next));
    }
    progress.left(0);
    shared.give_back(input);
    if seen.is_empty() {
        return Ok(());
    }
    store.commit(&Commit {
        state: seen,
        ..Commit::default()
    })
}

/// Whether the last record that the store has seen is in the changelog: what was acknowledged can be
/// forgotten, see `hanging`, and the store must not know more than the changelog. Compaction may have
/// removed it too, and then the store is too old to be of much use.
fn follows(shared: &Shared, input: &mut Input, next: u64, store: &dyn Task) -> Result<bool, Error> {
    let mut records = Vec::new();
    let one = Limit {
        records: 1,
        bytes: usize::MAX,
    };
    shared.more(input, one, &mut records)?;
    Ok(match records.first() {
        Some(last) if last.offset + 1 == next => {
            store.get(&last.key)?.as_deref() == last.value.as_deref()
        }
        _ => false,
    })
}

/// How far a restore has come, for those who wait for it.
struct Progress<'a> {
    shared: &'a Shared,
    id: &'a TaskId,
    all: u64,
    begun: Instant,
    told: Instant,
}

/// A restore that takes longer is spoken of, and again each time.
const SPEAK_AFTER: Duration = Duration::from_secs(2);

impl<'a> Progress<'a> {
    fn new(shared: &'a Shared, id: &'a TaskId, all: u64) -> Self {
        let now = Instant::now();
        let monitor = &shared.cluster.options.monitor;
        monitor.note(Event::Restoring(id, all));
        Self {
            shared,
            id,
            all,
            begun: now,
            told: now,
        }
    }

    fn left(&mut self, left: u64) {
        let monitor = &self.shared.cluster.options.monitor;
        monitor.note(Event::Restoring(self.id, left));
        let now = Instant::now();
        if left > 0 && now - self.told >= SPEAK_AFTER {
            self.told = now;
            let done = self.all.saturating_sub(left);
            let so_far = now - self.begun;
            let seconds_left = so_far.as_secs_f64() * left as f64 / done.max(1) as f64;
            tracing::info!(task = %self.id, done, of = self.all, seconds_left = seconds_left.ceil(),
                "fetching the state from Kafka");
        }
    }
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
