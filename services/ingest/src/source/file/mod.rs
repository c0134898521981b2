//! CSV and JSON lines files.
//!
//! A file is read twice: the first reading finds every record and its time, the second delivers
//! them oldest first. The cursor is a position in that order, good for exactly this content read
//! in exactly this way.

mod charset;
mod config;
mod csv;
mod cursor;
mod frame;
mod index;
mod jsonl;
mod layout;
mod map;
pub(in crate::source) mod moment;
mod nearest;
mod plan;
mod progress;
mod reader;
#[cfg(test)]
pub(in crate::source) mod tests;
mod units;

pub use config::FileConfig;
pub use progress::Progress;

use super::{Cursor, Delivery, Intake, IntakeClosed, Source, SourceError};
use cursor::FileCursor;
use hark_model::SourceId;
use index::Index;
use reader::Reader;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A file of items.
pub struct FileSource {
    id: SourceId,
    config: FileConfig,
    path: Option<PathBuf>,
    progress: Arc<dyn Progress>,
    max_record_bytes: usize,
}

impl FileSource {
    /// A file read with this configuration; `path` wins over the configured one.
    pub fn new(id: SourceId, config: FileConfig, path: Option<PathBuf>) -> Self {
        let progress = Arc::new(progress::Unwatched);
        Self {
            id,
            config,
            path,
            progress,
            max_record_bytes: plan::MAX_RECORD_BYTES,
        }
    }

    /// Has `progress` told how far it has come.
    pub fn with_progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = progress;
        self
    }

    /// Refuses larger records than this; 1 MiB unless told.
    pub fn with_max_record_bytes(mut self, bytes: usize) -> Self {
        self.max_record_bytes = bytes;
        self
    }

    async fn read(
        &self,
        intake: &Intake,
        cursor: Option<Cursor>,
        stop: &CancellationToken,
    ) -> Result<(), String> {
        let Some(mut reader) = self.open(cursor, stop).await? else {
            return Ok(());
        };
        let total = reader.total() as u64;
        self.progress.delivered(reader.delivered() as u64, total);
        loop {
            let next;
            (reader, next) = blocking(move || {
                let next = reader.next_delivery();
                (reader, next)
            })
            .await?;
            let Some(delivery) = next? else { return Ok(()) };
            let last = reader.delivered() == reader.total();
            // Stopping comes first: what is not handed over now is read again from the cursor.
            let handed_over = tokio::select! {
                biased;
                () = stop.cancelled() => return Ok(()),
                handed_over = hand_over(intake, delivery, last) => handed_over,
            };
            if handed_over.is_err() {
                return interrupted(stop);
            }
            self.progress.delivered(reader.delivered() as u64, total);
        }
    }

    async fn open(
        &self,
        cursor: Option<Cursor>,
        stop: &CancellationToken,
    ) -> Result<Option<Reader>, String> {
        let path = self.path.clone().or_else(|| self.config.path.clone());
        let path = path.ok_or("it has no path: set path, or name a file on the command line")?;
        let (config, cap) = (self.config.clone(), self.max_record_bytes);
        let (progress, stop) = (Arc::clone(&self.progress), stop.clone());
        let opened = blocking(move || {
            let built = Index::build(&path, &config, cap, &*progress, &stop)?;
            let Some((index, plan)) = built else {
                return Ok(None);
            };
            let next = FileCursor::resume(cursor.as_deref(), &index.identity);
            Reader::open(&path, index, plan, next).map(Some)
        });
        opened.await?
    }
}

/// The last delivery is committed, not just handed over: when a file's source returns, all of
/// the file is in the log.
async fn hand_over(intake: &Intake, delivery: Delivery, last: bool) -> Result<(), IntakeClosed> {
    if last {
        intake.commit(delivery).await.map(drop)
    } else {
        intake.deliver(delivery).await
    }
}

fn interrupted(stop: &CancellationToken) -> Result<(), String> {
    if stop.is_cancelled() {
        return Ok(());
    }
    Err("the pipeline stopped before the file was read; a new start goes on from there".into())
}

/// Runs what waits for the disk where it keeps nobody else waiting.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| format!("reading the file failed: {error}"))
}

impl Source for FileSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn run<'a>(
        &'a mut self,
        intake: &'a Intake,
        cursor: Option<Cursor>,
        stop: CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + 'a>> {
        Box::pin(async move {
            self.read(intake, cursor, &stop)
                .await
                .map_err(|message| SourceError {
                    source_id: self.id.clone(),
                    message,
                })
        })
    }
}
