//! Looking into a folder that another process may be writing.

use super::fault::{DataFile, file_fault};
use super::view::View;
use super::{FILE, open};
use crate::{Bounds, Error, Limit, Record, State, TaskId, TopicName, TopicSpec};
use parking_lot::{Mutex, ReentrantMutex};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often another process's commits are looked for. SQLite has no way to be told of them
/// across processes; `PRAGMA data_version`, a look at shared memory, is all there is.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A read-only view of an embedded log. It takes no lock, so it works beside the process that
/// owns the folder, and never blocks it.
#[derive(Debug)]
pub struct EmbeddedReader {
    /// Reentrant, because a visitor of a scan may look up something else.
    view: ReentrantMutex<View>,
    seen: Mutex<Seen>,
}

/// SQLite's number is only good for telling whether something changed since the last look.
#[derive(Clone, Copy, Debug)]
struct Seen {
    data_version: i64,
    generation: u64,
}

impl EmbeddedReader {
    /// Opens the log in a folder for reading. A folder without a log is an error of kind
    /// [`crate::ErrorKind::Misuse`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE);
        if !path
            .try_exists()
            .map_err(|error| file_fault("opening", &path, &error))?
        {
            return Err(Error::Misuse(format!(
                "there is no hark data in {}; start hark there first, or give the --data-dir it \
                 was started with",
                folder.display()
            )));
        }
        let file = DataFile::new(&path);
        let view = open::view(&file)?;
        open::check_identity(view.connection(), &file)?;
        let data_version = data_version(&view)?;
        Ok(Self {
            view: ReentrantMutex::new(view),
            seen: Mutex::new(Seen {
                data_version,
                generation: 1,
            }),
        })
    }

    /// Like [`crate::Log::read`].
    pub fn read(
        &self,
        topic: &TopicName,
        partition: u32,
        from: u64,
        limit: Limit,
    ) -> Result<Vec<Record>, Error> {
        super::read(&self.view.lock(), topic, partition, from, limit)
    }

    /// Like [`crate::Log::topics`].
    pub fn topics(&self) -> Result<Vec<TopicSpec>, Error> {
        self.view.lock().topics()
    }

    /// Like [`crate::Log::bounds`].
    pub fn bounds(&self, topic: &TopicName, partition: u32) -> Result<Bounds, Error> {
        self.view.lock().bounds(topic, partition)
    }

    /// Like [`crate::Log::position`].
    pub fn position(&self, id: &TaskId, topic: &TopicName) -> Result<Option<u64>, Error> {
        super::position(&self.view.lock(), id, topic)
    }

    /// A task's state as last committed; empty for a task that never was.
    pub fn state<'a>(&'a self, id: &TaskId) -> impl State + use<'a> {
        ReaderState {
            reader: self,
            id: id.clone(),
        }
    }

    /// Like [`crate::Log::changed`], for the commits of the process that writes, noticed within
    /// 50 ms. Fails when the file cannot be read.
    pub fn changed(&self, seen: u64, wait: Duration) -> Result<u64, Error> {
        let until = Instant::now().checked_add(wait);
        loop {
            let generation = self.look()?;
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if generation > seen || left == Some(Duration::ZERO) {
                return Ok(generation);
            }
            std::thread::sleep(left.map_or(LOOK_EVERY, |left| left.min(LOOK_EVERY)));
        }
    }

    fn look(&self) -> Result<u64, Error> {
        let data_version = data_version(&self.view.lock())?;
        let mut seen = self.seen.lock();
        if seen.data_version != data_version {
            *seen = Seen {
                data_version,
                generation: seen.generation + 1,
            };
        }
        Ok(seen.generation)
    }
}

fn data_version(view: &View) -> Result<i64, Error> {
    view.connection()
        .prepare_cached("PRAGMA data_version")
        .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
        .map_err(view.file().fault("looking for changes in"))
}

struct ReaderState<'a> {
    reader: &'a EmbeddedReader,
    id: TaskId,
}

impl State for ReaderState<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let view = self.reader.view.lock();
        match view.task(&self.id)? {
            Some(task) => view.get(task, key),
            None => Ok(None),
        }
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        let view = self.reader.view.lock();
        match view.task(&self.id)? {
            Some(task) => view.scan(task, from, to, visit),
            None => Ok(()),
        }
    }
}
