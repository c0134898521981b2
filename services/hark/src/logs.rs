//! Which log: the one in the data folder, or the one on Kafka.

use crate::cli::LookArgs;
use crate::config::{Config, load};
use crate::exit::{Failure, Outcome};
use hark_stream::{
    Bounds, EmbeddedLog, EmbeddedOptions, EmbeddedReader, Limit, Log, Monitor, Record, State,
    TaskId, TopicName, TopicSpec,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Opens the log to work on. The data folder is then this process's.
pub(crate) fn open(
    config: &Config,
    data_dir: &Path,
    monitor: Arc<dyn Monitor>,
) -> Outcome<Arc<dyn Log>> {
    if config.log.kafka.is_some() {
        return on_kafka(config, &data_dir.join("state"), monitor);
    }
    let options = EmbeddedOptions {
        synchronous_full: config.log.sync,
        max_mib: (config.log.max_mib > 0).then_some(config.log.max_mib),
        ..EmbeddedOptions::default()
    };
    Ok(EmbeddedLog::open(data_dir, options)?)
}

#[cfg(feature = "kafka")]
fn connect(
    config: &Config,
    folder: &Path,
    monitor: Arc<dyn Monitor>,
) -> Outcome<Arc<hark_stream::KafkaLog>> {
    let Some(kafka) = &config.log.kafka else {
        return Err(Failure::input("there is no [log.kafka]"));
    };
    let settings = kafka
        .resolve(&|name| std::env::var(name).ok())
        .map_err(Failure::Input)?;
    Ok(hark_stream::KafkaLog::connect(hark_stream::KafkaOptions {
        namespace: format!("{}.", config.log.topic_prefix),
        replicas: kafka.replicas,
        commit_interval: kafka.commit_interval,
        standby: kafka.standby,
        monitor,
        settings,
        ..hark_stream::KafkaOptions::new(&*kafka.servers, folder)
    })?)
}

#[cfg(feature = "kafka")]
fn on_kafka(config: &Config, folder: &Path, monitor: Arc<dyn Monitor>) -> Outcome<Arc<dyn Log>> {
    Ok(connect(config, folder, monitor)?)
}

#[cfg(not(feature = "kafka"))]
fn on_kafka(_: &Config, _: &Path, _: Arc<dyn Monitor>) -> Outcome<Arc<dyn Log>> {
    Err(without_kafka())
}

#[cfg(not(feature = "kafka"))]
fn without_kafka() -> Failure {
    Failure::input(
        "[log.kafka]: this hark was built without Kafka; build it with its default features",
    )
}

/// Looking into a log without taking part.
pub(crate) enum Look {
    /// A data folder; another process may be writing it.
    Embedded {
        reader: EmbeddedReader,
        data_dir: PathBuf,
    },
    /// A cluster, and a folder for what is copied from it while looking.
    #[cfg(feature = "kafka")]
    Kafka {
        log: Arc<hark_stream::KafkaLog>,
        _folder: tempfile::TempDir,
    },
}

impl Look {
    /// As the arguments say.
    pub(crate) fn open(args: &LookArgs) -> Outcome<Self> {
        let config = args.config.as_deref().map(load).transpose()?;
        match (&config, &args.data_dir) {
            (Some(config), _) if config.log.kafka.is_some() => Self::on_kafka(config),
            (_, Some(data_dir)) => Self::folder(data_dir),
            _ => Err(Failure::input(
                "say where to look: --data-dir, or --config with [log.kafka]",
            )),
        }
    }

    /// A data folder.
    pub(crate) fn folder(data_dir: &Path) -> Outcome<Self> {
        Ok(Self::Embedded {
            reader: EmbeddedReader::open(data_dir)?,
            data_dir: data_dir.to_owned(),
        })
    }

    #[cfg(feature = "kafka")]
    fn on_kafka(config: &Config) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let log = connect(config, &folder.path().join("state"), Arc::new(()))?;
        Ok(Self::Kafka {
            log,
            _folder: folder,
        })
    }

    #[cfg(not(feature = "kafka"))]
    fn on_kafka(_: &Config) -> Outcome<Self> {
        Err(without_kafka())
    }

    /// The same log, to write to. A data folder is then this process's.
    pub(crate) fn writable(&self) -> Outcome<Arc<dyn Log>> {
        match self {
            Self::Embedded { data_dir, .. } => {
                Ok(EmbeddedLog::open(data_dir, EmbeddedOptions::default())?)
            }
            #[cfg(feature = "kafka")]
            Self::Kafka { log, .. } => Ok(Arc::clone(log) as Arc<dyn Log>),
        }
    }

    pub(crate) fn topics(&self) -> Outcome<Vec<TopicSpec>> {
        Ok(match self {
            Self::Embedded { reader, .. } => reader.topics()?,
            #[cfg(feature = "kafka")]
            Self::Kafka { log, .. } => log.topics()?,
        })
    }

    pub(crate) fn bounds(&self, topic: &TopicName, partition: u32) -> Outcome<Bounds> {
        Ok(match self {
            Self::Embedded { reader, .. } => reader.bounds(topic, partition)?,
            #[cfg(feature = "kafka")]
            Self::Kafka { log, .. } => log.bounds(topic, partition)?,
        })
    }

    pub(crate) fn read(
        &self,
        topic: &TopicName,
        partition: u32,
        from: u64,
        limit: Limit,
    ) -> Outcome<Vec<Record>> {
        Ok(match self {
            Self::Embedded { reader, .. } => reader.read(topic, partition, from, limit)?,
            #[cfg(feature = "kafka")]
            Self::Kafka { log, .. } => log.read(topic, partition, from, limit)?,
        })
    }

    /// A task's state as last committed.
    pub(crate) fn state(&self, id: &TaskId) -> Outcome<Box<dyn State + '_>> {
        Ok(match self {
            Self::Embedded { reader, .. } => Box::new(reader.state(id)),
            #[cfg(feature = "kafka")]
            Self::Kafka { log, .. } => log.state(id)?,
        })
    }

    /// Waits for something new after `seen`, at most so long.
    pub(crate) fn changed(&self, seen: u64, wait: Duration) -> Outcome<u64> {
        /// How often a cluster is asked: it does not tell who takes no part.
        #[cfg(feature = "kafka")]
        const ASK_EVERY: Duration = Duration::from_millis(250);
        Ok(match self {
            Self::Embedded { reader, .. } => reader.changed(seen, wait)?,
            #[cfg(feature = "kafka")]
            Self::Kafka { log, .. } => log.changed(seen, wait.min(ASK_EVERY)),
        })
    }
}
