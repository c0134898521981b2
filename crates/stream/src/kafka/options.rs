//! How the log comes to its cluster.

use crate::{Monitor, TopicName};
use rdkafka::ClientConfig;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bytes that librdkafka may hold back for one input, in KiB: beyond it the broker is not asked.
const QUEUED_KIB: &str = "16384";
/// The largest record, in bytes: a state value is one.
pub(super) const LARGEST_RECORD: &str = "8388608";

/// What the log on Kafka needs to know.
#[derive(Clone)]
pub struct KafkaOptions {
    /// Where to find the cluster: `host:port`, several of them with commas between.
    pub servers: String,
    /// What the names of consumer groups, transactional ids and changelogs begin with, so that several
    /// harks share a cluster; and those of topics that are listed.
    pub namespace: String,
    /// What topics' names begin with on the cluster, beyond what the caller calls them. Mostly nothing.
    pub topics: String,
    /// The copies of a new topic; `None` for as many as the cluster makes by itself.
    pub replicas: Option<u16>,
    /// Where the state of tasks is kept as a cache of what the cluster has.
    pub folder: PathBuf,
    /// How far apart the commits of a busy task are at least: each is a transaction.
    pub commit_interval: Duration,
    /// Tasks that others have are followed, see [`crate::Log::keep_warm`].
    pub standby: bool,
    /// Commits are transactions. `false` only to measure what that costs: what a fault leaves behind is
    /// then anybody's guess.
    pub exactly_once: bool,
    /// Who hears of commits, rebalances and errors.
    pub monitor: Arc<dyn Monitor>,
    /// Settings of librdkafka by their names: `security.protocol`, `sasl.username` and the like.
    pub settings: Vec<(String, String)>,
}

/// Names the settings only: some of them are secrets.
impl fmt::Debug for KafkaOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.settings.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("KafkaOptions")
            .field("servers", &self.servers)
            .field("namespace", &self.namespace)
            .field("topics", &self.topics)
            .field("replicas", &self.replicas)
            .field("folder", &self.folder)
            .field("commit_interval", &self.commit_interval)
            .field("standby", &self.standby)
            .field("exactly_once", &self.exactly_once)
            .field("settings", &names)
            .finish()
    }
}

impl KafkaOptions {
    /// Those of a log on these servers, which keeps its cache in a folder, and has no names of its own.
    pub fn new(servers: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        Self {
            servers: servers.into(),
            namespace: String::new(),
            topics: String::new(),
            replicas: None,
            folder: folder.into(),
            commit_interval: Duration::ZERO,
            standby: false,
            exactly_once: true,
            monitor: Arc::new(()),
            settings: Vec::new(),
        }
    }

    /// The name on the cluster of a group, a transactional id or a changelog.
    pub(super) fn name(&self, ours: &str) -> String {
        format!("{}{ours}", self.namespace)
    }

    /// The name on the cluster of a topic.
    pub(super) fn topic(&self, topic: &TopicName) -> String {
        format!("{}{topic}", self.topics)
    }

    /// What every client is told.
    pub(super) fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.servers)
            .set("client.id", "hark")
            .set("reconnect.backoff.max.ms", "2000");
        for (name, value) in &self.settings {
            config.set(name, value);
        }
        config
    }

    /// A consumer that is told what to read; the group only names it.
    pub(super) fn consumer(&self, group: &str) -> ClientConfig {
        let mut config = self.client();
        config
            .set("group.id", self.name(group))
            .set("isolation.level", "read_committed")
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("check.crcs", "true")
            .set("allow.auto.create.topics", "false")
            .set("queued.max.messages.kbytes", QUEUED_KIB)
            .set("fetch.queue.backoff.ms", "10");
        config
    }

    /// A consumer that takes part in a group, and reads nothing.
    pub(super) fn member(&self, group: &str) -> ClientConfig {
        let mut config = self.consumer(group);
        config
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("enable.partition.eof", "false")
            .set("auto.offset.reset", "latest")
            .set("queued.max.messages.kbytes", "64");
        // A topic that was given partitions is noticed after so long.
        if config.get("topic.metadata.refresh.interval.ms").is_none() {
            config.set("topic.metadata.refresh.interval.ms", "30000");
        }
        // Whoever is killed is missed after so long.
        if config.get("session.timeout.ms").is_none() {
            config
                .set("session.timeout.ms", "10000")
                .set("heartbeat.interval.ms", "500");
        }
        config
    }

    /// The one producer of a task.
    pub(super) fn producer(&self, transactional_id: &str) -> ClientConfig {
        let mut config = self.client();
        if self.exactly_once {
            config
                .set("transactional.id", self.name(transactional_id))
                .set("transaction.timeout.ms", "30000");
        }
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("linger.ms", "2")
            .set("compression.type", "lz4")
            .set("message.max.bytes", LARGEST_RECORD);
        config
    }
}

#[cfg(test)]
mod tests {
    use super::KafkaOptions;

    #[test]
    fn secrets_are_not_printed() {
        let options = KafkaOptions {
            settings: vec![("sasl.password".to_owned(), "canary".to_owned())],
            ..KafkaOptions::new("a:9092", "state")
        };
        let printed = format!("{options:?}");
        assert!(printed.contains("sasl.password") && !printed.contains("canary"));
    }
}
