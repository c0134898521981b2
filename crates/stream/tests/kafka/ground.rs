//! What the tests stand on: one broker for all, started by the first that needs it.

use anyhow::{Context, Result, ensure};
use futures_executor::block_on;
use hark_stream::contract::Subject;
use hark_stream::{
    Cleanup, Error, ErrorKind, KafkaLog, KafkaOptions, Limit, Log, TopicName, TopicSpec,
};
use kafka_broker::{Jars, Options, Running, Security};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use rdkafka::{Offset, TopicPartitionList};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// Room for all a test ever writes.
pub(crate) const ALL: Limit = Limit {
    records: 1_000_000,
    bytes: usize::MAX,
};

pub(crate) struct Ground {
    jars: Option<Jars>,
    folder: PathBuf,
    broker: OnceLock<Result<Running, String>>,
    logs: AtomicU32,
}

impl Ground {
    pub(crate) fn new(jars: Option<Jars>, folder: PathBuf) -> Self {
        Self {
            jars,
            folder,
            broker: OnceLock::new(),
            logs: AtomicU32::new(0),
        }
    }

    /// A broker of one's own, to be treated badly.
    pub(crate) fn broker(&self, security: Security) -> Result<Running> {
        self.start(Options {
            security,
            ..Options::default()
        })
    }

    /// A cluster of three, which keeps three copies of everything and counts what two of them have.
    pub(crate) fn three(&self) -> Result<Running> {
        self.start(Options {
            brokers: 3,
            ..Options::default()
        })
    }

    fn start(&self, options: Options) -> Result<Running> {
        let jars = self.jars.as_ref().context("there are no jars")?;
        Running::start(jars, &self.folder.join("clusters"), options)
    }

    /// Where the broker for all is.
    fn servers(&self) -> Result<String> {
        let broker = self.broker.get_or_init(|| {
            self.broker(Security::Plaintext)
                .map_err(|error| format!("{error:?}"))
        });
        match broker {
            Ok(running) => Ok(running.bootstrap()),
            Err(message) => anyhow::bail!("the broker did not start: {message}"),
        }
    }

    /// A log of its own among the others of the broker.
    pub(crate) fn options(&self, folder: PathBuf) -> Result<KafkaOptions> {
        let number = self.logs.fetch_add(1, Ordering::Relaxed);
        Ok(KafkaOptions {
            namespace: format!("t{number}."),
            topics: format!("t{number}."),
            ..KafkaOptions::new(self.servers()?, folder)
        })
    }

    /// Gives a topic more partitions, as an operator might.
    pub(crate) fn grow(&self, options: &KafkaOptions, topic: &TopicName, to: usize) -> Result<()> {
        let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
            .set("bootstrap.servers", &options.servers)
            .create()?;
        let name = format!("{}{topic}", options.topics);
        let wanted = NewPartitions::new(&name, to);
        block_on(admin.create_partitions([&wanted], &AdminOptions::new()))?;
        Ok(())
    }

    /// Removes what lies before an offset, as retention does.
    pub(crate) fn forget(
        &self,
        options: &KafkaOptions,
        topic: &TopicName,
        before: u64,
    ) -> Result<()> {
        let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
            .set("bootstrap.servers", &options.servers)
            .create()?;
        let mut list = TopicPartitionList::new();
        let offset = Offset::Offset(i64::try_from(before)?);
        list.add_partition_offset(&format!("{}{topic}", options.topics), 0, offset)?;
        block_on(admin.delete_records(&list, &AdminOptions::new()))?;
        Ok(())
    }

    /// A fresh log.
    pub(crate) fn subject(&self) -> Result<Subject> {
        let folder = tempfile::tempdir()?;
        let log = KafkaLog::connect(self.options(folder.path().join("state"))?)?;
        Ok(Subject::new(log, folder))
    }
}

/// Declares a topic that keeps everything.
pub(crate) fn declare(log: &dyn Log, name: &str, partitions: u32) {
    let spec = TopicSpec {
        name: TopicName::new(name),
        partitions,
        cleanup: Cleanup::default(),
    };
    log.declare(&[spec]).unwrap();
}

/// A log with the topics of the copying stage.
pub(crate) fn declared(options: KafkaOptions, partitions: u32) -> Result<Arc<KafkaLog>> {
    let log = KafkaLog::connect(options)?;
    crate::copy::prepare(&*log, partitions);
    Ok(log)
}

/// Checks that a call was refused for want of a right, and that the message says which.
pub(crate) fn fails<T>(result: Result<T, Error>, about: &str) -> Result<()> {
    let error = result.err().context("it was let in")?;
    ensure!(error.kind() == ErrorKind::Denied, "{error:?}");
    ensure!(error.to_string().contains(about), "{error}");
    Ok(())
}
