//! The cluster's topics: which there are, and how they are made.

use super::fault::{away, code, denied, fault, silent, unled};
use super::options::{KafkaOptions, LARGEST_RECORD};
use super::quiet::Quiet;
use crate::{Bounds, Cleanup, Error, TopicName, TopicSpec};
use futures_executor::block_on;
use parking_lot::{Mutex, RwLock};
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, ConfigResource, ConfigSource, NewPartitions, NewTopic,
    ResourceSpecifier, TopicReplication,
};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long one question to the cluster may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
/// What the topics that keep tasks' state end with.
const CHANGELOG: &str = "-changelog";
/// How long a changelog keeps the record that a key is gone, once it is compacted.
pub(super) const TOMBSTONES: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// How long to listen for what the client has to report.
const REPORTS: Duration = Duration::from_millis(100);
/// How many reports are thrown away before a call.
const MOST_REPORTS: usize = 1000;
/// How long to wait before looking again.
const A_MOMENT: Duration = Duration::from_millis(5);

/// What is known of the cluster, and who asks it.
pub(super) struct Cluster {
    pub(super) options: KafkaOptions,
    admin: AdminClient<Quiet>,
    viewer: BaseConsumer<Quiet>,
    /// How many partitions our topics have. That is fixed once and for all.
    partitions: RwLock<HashMap<TopicName, u32>>,
    /// Where each partition ends at least, by what this process has committed: a broker may say so
    /// only a moment after it has told the one who committed.
    written: Mutex<HashMap<(String, u32), u64>>,
}

impl Cluster {
    pub(super) fn connect(options: KafkaOptions) -> Result<Self, Error> {
        let cluster = Self {
            admin: options
                .client()
                .create_with_context(Quiet)
                .map_err(fault("connecting to Kafka"))?,
            viewer: options
                .consumer("viewer")
                .create_with_context(Quiet)
                .map_err(fault("connecting to Kafka"))?,
            partitions: RwLock::new(HashMap::new()),
            written: Mutex::new(HashMap::new()),
            options,
        };
        Ok(cluster)
    }

    /// Forgets what the client reported earlier: it is about other calls.
    fn viewer(&self) -> &BaseConsumer<Quiet> {
        for _ in 0..MOST_REPORTS {
            if self.viewer.poll(Duration::ZERO).is_none() {
                break;
            }
        }
        &self.viewer
    }

    /// As [`fault`]. A call that had no answer in time does not say why; what the client reported
    /// meanwhile may: it goes on trying, whatever the cluster says.
    fn fault(&self, context: impl Into<String>) -> impl FnOnce(KafkaError) -> Error {
        let mut reported = None;
        let until = Instant::now() + REPORTS;
        while reported.is_none() && Instant::now() < until {
            let report = self.viewer.poll(A_MOMENT).and_then(Result::err);
            reported = report.as_ref().and_then(code).filter(|code| denied(*code));
        }
        let servers = self.options.servers.clone();
        move |error| match (reported, code(&error)) {
            (Some(code), _) => refused(code, &context.into()),
            (None, Some(found)) if away(found) => {
                silent(format!("{} at {servers}", context.into()))
            }
            _ => fault(context)(error),
        }
    }

    /// How many partitions a topic has.
    pub(super) fn partitions(&self, topic: &TopicName) -> Result<u32, Error> {
        if let Some(known) = self.partitions.read().get(topic) {
            return Ok(*known);
        }
        let name = self.options.topic(topic);
        match self.count(&name)? {
            0 => Err(Error::Misuse(format!(
                "there is no topic {name}; declare it before using it"
            ))),
            count => {
                self.partitions.write().insert(topic.clone(), count);
                Ok(count)
            }
        }
    }

    /// Checks that a topic has a partition.
    pub(super) fn check(&self, topic: &TopicName, partition: u32) -> Result<(), Error> {
        if partition < self.partitions(topic)? {
            return Ok(());
        }
        Err(Error::Misuse(format!(
            "there is no partition {partition} of topic {topic}; declare it first"
        )))
    }

    /// The partitions of a name on the cluster; 0 if there is no such topic.
    fn count(&self, name: &str) -> Result<u32, Error> {
        let context = format!("asking Kafka for topic {name}");
        let metadata = self
            .viewer()
            .fetch_metadata(Some(name), PATIENCE)
            .map_err(|error| self.fault(&context)(error))?;
        let Some(found) = metadata.topics().iter().find(|topic| topic.name() == name) else {
            return Ok(0);
        };
        match found.error().map(RDKafkaErrorCode::from) {
            Some(code) if denied(code) => Err(refused(code, &context)),
            _ => Ok(found.partitions().len() as u32),
        }
    }

    /// The offsets that a partition holds for whoever reads committed records only.
    pub(super) fn bounds(&self, topic: &TopicName, partition: u32) -> Result<Bounds, Error> {
        self.check(topic, partition)?;
        self.bounds_of(&self.options.topic(topic), partition)
    }

    /// As [`Cluster::bounds`], of a topic by its name on the cluster.
    pub(super) fn bounds_of(&self, name: &str, partition: u32) -> Result<Bounds, Error> {
        let key = (name.to_owned(), partition);
        let least = self.written.lock().get(&key).copied().unwrap_or(0);
        let until = Instant::now() + PATIENCE;
        loop {
            let bounds = self.decided(name, partition)?;
            if bounds.end >= least {
                // Unless more was written meanwhile.
                let mut written = self.written.lock();
                if written.get(&key).is_some_and(|least| *least <= bounds.end) {
                    written.remove(&key);
                }
                return Ok(bounds);
            }
            if Instant::now() > until {
                // Unless it is another partition of the same name, the next who asks is told.
                self.written.lock().remove(&key);
                return Err(silent(format!("waiting for what was committed to {name}")));
            }
            std::thread::park_timeout(A_MOMENT);
        }
    }

    /// The offsets of what is decided, whatever this process has committed.
    pub(super) fn decided(&self, name: &str, partition: u32) -> Result<Bounds, Error> {
        let until = Instant::now() + PATIENCE;
        let (start, end) = loop {
            let asked = self
                .viewer()
                .fetch_watermarks(name, number(partition), PATIENCE);
            match asked {
                // A partition that was made just now, or moves, has a leader in a moment.
                Err(error) if code(&error).is_some_and(unled) && Instant::now() < until => {
                    std::thread::park_timeout(A_MOMENT);
                }
                asked => {
                    break asked.map_err(|error| {
                        self.fault(format!("asking Kafka for the offsets of {name}"))(error)
                    })?;
                }
            }
        };
        Ok(Bounds {
            start: u64::try_from(start).unwrap_or(0),
            end: u64::try_from(end).unwrap_or(0),
        })
    }

    /// This process has committed a record at an offset.
    pub(super) fn wrote(&self, name: &str, partition: u32, offset: u64) {
        let mut written = self.written.lock();
        let end = written.entry((name.to_owned(), partition)).or_default();
        *end = (*end).max(offset + 1);
    }

    pub(super) fn declare(&self, specs: &[TopicSpec]) -> Result<(), Error> {
        for spec in specs {
            spec.check()?;
        }
        for spec in specs {
            let name = self.options.topic(&spec.name);
            let settings = cleanup_settings(spec.cleanup);
            let partitions = match self.count(&name)? {
                0 => {
                    self.create(&name, spec.partitions, &settings)?;
                    self.until_there(&name, 1)?
                }
                found => {
                    self.adapt(&name, spec.cleanup)?;
                    found
                }
            };
            same_number(&spec.name, partitions, spec.partitions)?;
            let mut known = self.partitions.write();
            known.insert(spec.name.clone(), partitions);
        }
        Ok(())
    }

    /// Our topics, by name.
    pub(super) fn topics(&self) -> Result<Vec<TopicSpec>, Error> {
        let metadata = self
            .viewer()
            .fetch_metadata(None, PATIENCE)
            .map_err(|error| self.fault("asking Kafka for its topics")(error))?;
        let ours: Vec<(&str, u32)> = metadata
            .topics()
            .iter()
            .filter(|topic| !topic.name().ends_with(CHANGELOG) && !topic.name().starts_with("__"))
            .filter(|topic| topic.name().starts_with(&self.options.namespace))
            .filter_map(|topic| {
                let name = topic.name().strip_prefix(&self.options.topics)?;
                Some((name, topic.partitions().len() as u32))
            })
            .collect();
        let names: Vec<String> = ours
            .iter()
            .map(|(name, _)| self.options.topic(&TopicName::new(name)))
            .collect();
        let settings = self.describe(&names)?;
        let mut specs: Vec<TopicSpec> = ours
            .iter()
            .zip(&settings)
            .map(|((name, partitions), settings)| TopicSpec {
                name: TopicName::new(name),
                partitions: *partitions,
                cleanup: cleanup_of(settings),
            })
            .collect();
        specs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(specs)
    }

    /// The settings of topics, in the order asked for.
    fn describe(&self, names: &[String]) -> Result<Vec<ConfigResource>, Error> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let asked: Vec<ResourceSpecifier<'_>> = names
            .iter()
            .map(|name| ResourceSpecifier::Topic(name))
            .collect();
        let answers = block_on(self.admin.describe_configs(&asked, &patient()))
            .map_err(fault("asking Kafka for settings of topics"))?;
        answers
            .into_iter()
            .zip(names)
            .map(|(answer, name)| {
                answer
                    .map_err(|code| refused(code, &format!("asking Kafka for settings of {name}")))
            })
            .collect()
    }

    /// Changes what becomes of old records, where it is something else, and leaves every other
    /// setting of the topic alone.
    fn adapt(&self, name: &str, cleanup: Cleanup) -> Result<(), Error> {
        let existing = match self.describe(&[name.to_owned()]) {
            Err(error @ Error::Denied { .. }) => {
                tracing::warn!(%error, "the topic is used as it is");
                return Ok(());
            }
            described => described?,
        };
        if existing.iter().all(|topic| cleanup_of(topic) == cleanup) {
            return Ok(());
        }
        let wanted = cleanup_settings(cleanup);
        // The request replaces all settings, so those that stay are sent along.
        let mut change = AlterConfig::new(ResourceSpecifier::Topic(name));
        for entry in existing.iter().flat_map(|resource| &resource.entries) {
            let set = entry.source == ConfigSource::DynamicTopic;
            let stays = wanted.iter().all(|(setting, _)| *setting != entry.name);
            if let (true, true, Some(value)) = (set, stays, &entry.value) {
                change = change.set(&entry.name, value);
            }
        }
        for (setting, value) in &wanted {
            change = change.set(setting, value);
        }
        tracing::info!(topic = name, settings = ?wanted, "changing what becomes of old records");
        let answers = block_on(self.admin.alter_configs([&change], &patient()))
            .map_err(fault(format!("changing settings of {name}")))?;
        for answer in answers {
            answer.map_err(|(_, code)| refused(code, &format!("changing settings of {name}")))?;
        }
        Ok(())
    }

    /// Makes a topic. Another process of ours may be faster, and ask for another size.
    fn create(
        &self,
        name: &str,
        partitions: u32,
        settings: &[(&'static str, String)],
    ) -> Result<(), Error> {
        let copies = self.options.replicas.map_or(-1, i32::from);
        let mut topic = NewTopic::new(name, number(partitions), TopicReplication::Fixed(copies));
        for (setting, value) in settings {
            topic = topic.set(setting, value);
        }
        topic = topic.set("max.message.bytes", LARGEST_RECORD);
        let context = format!("creating topic {name}");
        let answers =
            block_on(self.admin.create_topics([&topic], &patient())).map_err(fault(&context))?;
        for answer in answers {
            match answer {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(refused(code, &context)),
            }
        }
        Ok(())
    }

    /// Waits until a topic has that many partitions, and says how many it has: what is new takes a
    /// moment to be known everywhere.
    fn until_there(&self, name: &str, least: u32) -> Result<u32, Error> {
        let until = Instant::now() + PATIENCE;
        loop {
            let found = self.count(name)?;
            if found >= least {
                return Ok(found);
            }
            if Instant::now() > until {
                return Err(silent(format!("waiting for topic {name}")));
            }
            std::thread::park_timeout(A_MOMENT);
        }
    }

    pub(super) fn changelog_name(&self, stage: &str) -> String {
        self.options.name(&format!("{stage}{CHANGELOG}"))
    }

    /// Which changelog it is, among those of all clusters.
    pub(super) fn identity(&self, changelog: &str) -> Result<String, Error> {
        let cluster = self.viewer().client().fetch_cluster_id(PATIENCE);
        match cluster {
            Some(cluster) => Ok(format!("{cluster} {changelog}")),
            None => Err(silent("asking Kafka who it is")),
        }
    }

    /// Whether a stage ever kept state for that many tasks.
    pub(super) fn has_changelog(&self, stage: &str, partition: u32) -> Result<bool, Error> {
        Ok(partition < self.count(&self.changelog_name(stage))?)
    }

    /// The topic that keeps the state of a stage's tasks, with a partition for each; grown if it
    /// is too small, which moves nothing, as every record goes to the partition of its task.
    pub(super) fn changelog(&self, stage: &str, least: u32) -> Result<String, Error> {
        let name = self.changelog_name(stage);
        if self.count(&name)? == 0 {
            let compact = Cleanup {
                retention: None,
                compact: true,
            };
            let mut settings = cleanup_settings(compact);
            settings.push(("delete.retention.ms", TOMBSTONES.as_millis().to_string()));
            self.create(&name, least, &settings)?;
        }
        if self.until_there(&name, 1)? < least {
            self.grow(&name, least)?;
            self.until_there(&name, least)?;
        }
        Ok(name)
    }

    fn grow(&self, name: &str, partitions: u32) -> Result<(), Error> {
        let wanted = NewPartitions::new(name, partitions as usize);
        let context = format!("adding partitions to {name}");
        let answers = block_on(self.admin.create_partitions([&wanted], &patient()))
            .map_err(fault(&context))?;
        for answer in answers {
            match answer {
                // Somebody else has grown it meanwhile, as far or farther.
                Ok(_) | Err((_, RDKafkaErrorCode::InvalidPartitions)) => {}
                Err((_, code)) => return Err(refused(code, &context)),
            }
        }
        Ok(())
    }
}

/// A partition, or a number of them, as the client takes it.
pub(super) fn number(partition: u32) -> i32 {
    i32::try_from(partition).unwrap_or(i32::MAX)
}

fn patient() -> AdminOptions {
    AdminOptions::new()
        .request_timeout(Some(PATIENCE))
        .operation_timeout(Some(PATIENCE))
}

fn refused(code: RDKafkaErrorCode, context: &str) -> Error {
    fault(context)(KafkaError::AdminOp(code))
}

fn same_number(name: &TopicName, have: u32, wanted: u32) -> Result<(), Error> {
    if have == wanted {
        return Ok(());
    }
    Err(Error::Misuse(format!(
        "topic {name} has {have} partitions and cannot be given {wanted}: keys would move and counts \
         with them; set it back to {have}, or start with another prefix of topics"
    )))
}

fn cleanup_settings(cleanup: Cleanup) -> Vec<(&'static str, String)> {
    let policy = match (cleanup.compact, cleanup.retention) {
        (true, Some(_)) => "compact,delete",
        (true, None) => "compact",
        (false, _) => "delete",
    };
    let retention = cleanup
        .retention
        .map_or(-1, |keep| i64::try_from(keep.as_millis()).unwrap_or(-1));
    vec![
        ("cleanup.policy", policy.to_owned()),
        ("retention.ms", retention.to_string()),
    ]
}

fn cleanup_of(settings: &ConfigResource) -> Cleanup {
    let value = |name: &str| settings.get(name).and_then(|entry| entry.value.as_deref());
    let policy = value("cleanup.policy").unwrap_or_default();
    let retention = value("retention.ms").and_then(|ms| ms.parse::<u64>().ok());
    let deletes = policy.contains("delete");
    Cleanup {
        retention: retention.filter(|_| deletes).map(Duration::from_millis),
        compact: policy.contains("compact"),
    }
}
