//! Sources at work: each by whoever has its partition.

use crate::config::{Config, SourceConfig, SourceKind};
use crate::exit::{Failure, Outcome};
use crate::part::spawn;
use crate::system::topic;
use hark_ingest::query::QuerySet;
use hark_ingest::{
    Around, FileSource, HttpSource, IngestMetrics, JetstreamSource, Pipeline, Pseudonyms, Source,
    Worker, WorkerError,
};
use hark_proto::topics;
use hark_stream::{Error, Job, Log, StageError, SystemClock, TaskId, Told, partition_of};
use hark_telemetry::{Health, Progress};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// The group of those who listen to sources.
pub(crate) const INGEST: &str = "ingest";
/// How often to look whether it is time to end.
const GLANCE: Duration = Duration::from_millis(50);

/// What a source is run with.
#[derive(Clone)]
pub(crate) struct Listening {
    pub(crate) config: Arc<Config>,
    pub(crate) pepper: Arc<[u8]>,
    pub(crate) queries: Arc<QuerySet>,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) health: Health,
    pub(crate) metrics: IngestMetrics,
    pub(crate) failures: mpsc::UnboundedSender<Failure>,
    pub(crate) runtime: Handle,
}

/// A source with its writer.
pub(crate) struct RunningSource {
    source: tokio::task::JoinHandle<Result<(), String>>,
    writer: JoinHandle<Result<(), WorkerError>>,
    progress: Progress,
    /// Ends the source.
    token: CancellationToken,
    /// Ends the writer's retries.
    stop: Arc<AtomicBool>,
}

/// Why a source ended before its time.
pub(crate) enum Ended {
    /// What it says of itself.
    Source(String),
    /// Its items could not be written.
    Writer(Error),
    /// It panicked.
    Panic,
}

impl From<Ended> for Failure {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Source(message) => Self::input(message),
            Ended::Writer(error) => Self::System(error.to_string()),
            Ended::Panic => Self::System("a source ended in a panic".to_owned()),
        }
    }
}

impl Listening {
    /// Starts a source as it is configured.
    pub(crate) fn configured(&self, source: &SourceConfig) -> Outcome<RunningSource> {
        let id = source.id.clone();
        match &source.kind {
            SourceKind::File(config) => {
                let source = FileSource::new(id, (**config).clone(), None);
                self.start(Box::new(source), true)
            }
            SourceKind::Http(config) => {
                self.start(Box::new(HttpSource::new(id, config.clone())), true)
            }
            SourceKind::Jetstream(config) => {
                self.start(Box::new(JetstreamSource::new(id, config.clone())), false)
            }
        }
    }

    /// Starts a source. `keep_unknown_deletes`: its deletions may come before what they delete.
    pub(crate) fn start(
        &self,
        mut source: Box<dyn Source>,
        keep_unknown_deletes: bool,
    ) -> Outcome<RunningSource> {
        let pipeline = Pipeline::new(
            source.id().clone(),
            Arc::clone(&self.queries),
            Pseudonyms::new(&self.pepper),
            &self.config.ingest,
        );
        let progress = self.health.part(&format!("{INGEST}.{}", source.id()));
        let (stop, token) = (Arc::<AtomicBool>::default(), CancellationToken::new());
        let around = Around {
            log: Arc::clone(&self.log),
            topics: hark_ingest::Topics::new(
                &self.config.log.topic_prefix,
                self.config.log.encoding(),
            ),
            metrics: self.metrics.clone(),
            progress: progress.clone(),
            clock: Arc::new(SystemClock),
            stop: Arc::clone(&stop),
            queue: self.config.ingest.queue,
            keep_unknown_deletes,
        };
        let (worker, intake, cursor) = Worker::open(pipeline, around)?;
        let writer = spawn(INGEST, move || worker.run())?;
        let ending = token.clone();
        let source = self.runtime.spawn(async move {
            let ran = source.run(&intake, cursor, ending).await;
            ran.map_err(|error| error.to_string())
        });
        Ok(RunningSource {
            source,
            writer,
            progress,
            token,
            stop,
        })
    }

    /// The configured sources that a partition has: of one everything.
    fn sources_of(&self, id: &TaskId) -> Result<Vec<&SourceConfig>, Error> {
        let partitions = self.log.partitions(&topic(&self.config, topics::ITEMS))?;
        let ours = |source: &&SourceConfig| {
            partition_of(source.id.as_str().as_bytes(), partitions) == id.partition
        };
        let listened_to = self.config.sources.iter().filter(ours).filter(|source| {
            let waits = matches!(&source.kind, SourceKind::File(file) if file.path.is_none());
            if waits {
                tracing::info!(source = %source.id, "has no path, waits for `hark import`");
            }
            !waits
        });
        Ok(listened_to.collect())
    }

    fn end(&self, id: &TaskId, source: RunningSource) -> Result<(), StageError> {
        let progress = source.progress.clone();
        let ended = self.runtime.block_on(source.ended());
        if !matches!(&ended, Err(Ended::Source(_) | Ended::Panic)) {
            progress.retire();
        }
        match ended {
            Ok(()) => Ok(()),
            // Taken by somebody else, or perhaps better in a moment: whoever runs the job knows.
            Err(Ended::Writer(error)) => Err(error.into()),
            Err(other) => Err(self.failed(id, other.into())),
        }
    }

    /// Says whose fault it was, which the error that ends the job does not.
    fn failed(&self, id: &TaskId, failure: Failure) -> StageError {
        // Whoever no longer listens is shutting down already.
        let _ = self.failures.send(failure);
        StageError::Failed {
            stage: id.stage.to_string(),
            message: "a source ended before its time".to_owned(),
        }
    }
}

impl RunningSource {
    /// Waits until the source has nothing more to say, and all it said is committed.
    pub(crate) async fn ended(self) -> Result<(), Ended> {
        let said = self.source.await;
        let written = tokio::task::spawn_blocking(move || self.writer.join()).await;
        match (written, said) {
            // What it could not write is why the source ended.
            (Ok(Ok(Err(error))), _) => Err(Ended::Writer(error.error)),
            (Ok(Ok(Ok(()))), Ok(Ok(()))) => Ok(()),
            (Ok(Ok(Ok(()))), Ok(Err(said))) => Err(Ended::Source(said)),
            _ => Err(Ended::Panic),
        }
    }

    /// Takes nothing more in, and writes what was taken.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.token.cancel();
    }

    fn has_ended(&self) -> bool {
        self.source.is_finished() && self.writer.is_finished()
    }
}

impl Job for Listening {
    /// Listens to the sources of a partition. One that has come to its end, as a file does, is left
    /// alone.
    fn run(&self, id: &TaskId, told: &Told) -> Result<(), StageError> {
        let mut running = Vec::new();
        let mut outcome = Ok(());
        for source in self.sources_of(id)? {
            match self.configured(source) {
                Ok(started) => running.push(started),
                Err(failure) => {
                    outcome = Err(self.failed(id, failure));
                    break;
                }
            }
        }
        while outcome.is_ok() && !told.drain.load(Ordering::Acquire) {
            let ended = running.extract_if(.., |source| source.has_ended());
            for source in ended.collect::<Vec<_>>() {
                outcome = outcome.and(self.end(id, source));
            }
            std::thread::park_timeout(GLANCE);
        }
        running.iter().for_each(RunningSource::stop);
        for source in running {
            outcome = outcome.and(self.end(id, source));
        }
        outcome
    }
}
