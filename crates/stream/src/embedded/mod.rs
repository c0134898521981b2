//! The embedded log: one SQLite file in one folder, written by one process.

mod apply;
mod catalog;
mod clean;
mod committer;
mod fault;
mod headers;
mod lock;
mod membership;
mod open;
mod place;
mod reader;
mod schema;
mod state;
mod task;
mod view;

pub use reader::EmbeddedReader;

use crate::signal::Signal;
use crate::{Bounds, Error, Limit, Log, Membership, Record, Task, TaskId, TopicName, TopicSpec};
use catalog::Catalog;
use fault::DataFile;
use lock::FolderLock;
use membership::Alone;
use parking_lot::{Mutex, RwLock};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use task::EmbeddedTask;
use view::{Source, View};

/// The data file's name in its folder.
const FILE: &str = "hark.db";

/// How the embedded log treats its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// Whether every commit waits until the disk has it. Without, a crash of hark still loses
    /// nothing, but a power failure may undo the last commits (whole ones, in order).
    pub synchronous_full: bool,
    /// Memory for pages of the file, in MiB.
    pub cache_mib: u32,
    /// How large the data file may grow, in MiB; `None` for as large as the disk allows. A commit
    /// that would exceed it fails with [`crate::ErrorKind::DiskFull`] and may be tried again. The
    /// write-ahead log beside the file, usually below 96 MiB, does not count.
    pub max_mib: Option<u64>,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            synchronous_full: true,
            cache_mib: 64,
            max_mib: None,
        }
    }
}

/// A log in one SQLite file, for one process.
///
/// Commits are serialised on one connection; each task, and each caller of [`Log::read`], has a
/// connection of its own and never waits for a commit.
#[derive(Debug)]
pub struct EmbeddedLog {
    shared: Arc<Shared>,
}

/// What the log and its tasks hold together. Fields are dropped in this order: the connection
/// that writes is the last to go, as only it can empty the write-ahead log, and the file is closed
/// before the folder is given back.
#[derive(Debug)]
struct Shared {
    /// Connections for reading that nobody uses at the moment.
    views: Mutex<Vec<View>>,
    writer: Mutex<Connection>,
    catalog: RwLock<Catalog>,
    signal: Signal,
    file: DataFile,
    _lock: FolderLock,
}

/// Unused connections kept for the next reader.
const IDLE_VIEWS: usize = 4;

impl EmbeddedLog {
    /// Opens the log in a folder, and creates both if need be.
    ///
    /// Fails with [`crate::ErrorKind::InUse`] while another handle, here or in another process,
    /// has it open; with [`crate::ErrorKind::Corrupt`] if the file is damaged (files up to
    /// 256 MiB are checked whole, larger ones in their essentials); and with
    /// [`crate::ErrorKind::Layout`] if another version of hark wrote it.
    pub fn open(folder: &Path, options: EmbeddedOptions) -> Result<Arc<Self>, Error> {
        open::create_folder(folder)?;
        let lock = FolderLock::take(folder)?;
        let file = DataFile::new(&folder.join(FILE));
        open::create_file(&file)?;
        let writer = open::writer(&file, options)?;
        let catalog = Catalog::load(&writer, &file)?;
        let shared = Shared {
            writer: Mutex::new(writer),
            catalog: RwLock::new(catalog),
            views: Mutex::new(Vec::new()),
            signal: Signal::new(),
            file,
            _lock: lock,
        };
        Ok(Arc::new(Self {
            shared: Arc::new(shared),
        }))
    }

    fn viewing<T>(&self, read: impl FnOnce(&View) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.shared.views.lock().pop();
        let view = match idle {
            Some(view) => view,
            None => open::view(&self.shared.file)?,
        };
        let result = read(&view);
        let mut views = self.shared.views.lock();
        if views.len() < IDLE_VIEWS {
            views.push(view);
        }
        result
    }
}

impl Log for EmbeddedLog {
    fn declare(&self, topics: &[TopicSpec]) -> Result<(), Error> {
        let mut writer = self.shared.writer.lock();
        self.shared
            .catalog
            .write()
            .declare(&mut writer, &self.shared.file, topics)
    }

    fn task(&self, id: &TaskId, inputs: &[TopicName]) -> Result<Box<dyn Task>, Error> {
        Ok(Box::new(EmbeddedTask::open(&self.shared, id, inputs)?))
    }

    fn join(&self, _: &str, input: &TopicName) -> Result<Box<dyn Membership>, Error> {
        Ok(Box::new(Alone::new(&self.shared, self.partitions(input)?)))
    }

    fn partitions(&self, topic: &TopicName) -> Result<u32, Error> {
        let catalog = self.shared.catalog.read();
        Ok(catalog.topic(topic)?.partitions.len() as u32)
    }

    fn read(
        &self,
        topic: &TopicName,
        partition: u32,
        from: u64,
        limit: Limit,
    ) -> Result<Vec<Record>, Error> {
        self.viewing(|view| read(view, topic, partition, from, limit))
    }

    fn topics(&self) -> Result<Vec<TopicSpec>, Error> {
        self.viewing(View::topics)
    }

    fn bounds(&self, topic: &TopicName, partition: u32) -> Result<Bounds, Error> {
        self.viewing(|view| view.bounds(topic, partition))
    }

    fn position(&self, id: &TaskId, topic: &TopicName) -> Result<Option<u64>, Error> {
        self.viewing(|view| position(view, id, topic))
    }

    fn changed(&self, seen: u64, wait: Duration) -> u64 {
        self.shared.signal.changed(seen, wait)
    }

    fn interrupt(&self) {
        self.shared.signal.interrupt();
    }

    fn clean(&self, now: i64) -> Result<u64, Error> {
        clean::clean(&self.shared, now)
    }
}

fn read(
    view: &View,
    topic: &TopicName,
    number: u32,
    from: u64,
    limit: Limit,
) -> Result<Vec<Record>, Error> {
    let mut records = Vec::new();
    let partition = view.partition(topic, number)?;
    view.records(
        Source {
            topic,
            number,
            partition,
            from,
        },
        limit,
        &mut records,
    )?;
    Ok(records)
}

fn position(view: &View, id: &TaskId, topic: &TopicName) -> Result<Option<u64>, Error> {
    match view.task(id)? {
        Some(task) => view.position(task, topic),
        None => Ok(None),
    }
}
