//! The `[log.kafka]` section: the log on a cluster instead of in the data folder.

use super::RegistryConfig;
#[cfg(feature = "kafka")]
use super::secrets::Secrets;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// How hark comes to its cluster.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KafkaConfig {
    /// `host:port`, several of them with commas between.
    pub(crate) servers: String,
    /// Partitions of the topics that several processes share the reading of, fixed once and for all.
    #[serde(default = "one")]
    pub(crate) partitions: u32,
    /// How far apart the commits of a busy task are at least.
    #[serde(default = "commit_interval", with = "humantime_serde")]
    pub(crate) commit_interval: Duration,
    /// Tasks that other processes have are followed, so that taking them over is quick.
    #[serde(default)]
    pub(crate) standby: bool,
    /// Copies of a new topic; by default as many as the cluster makes.
    pub(crate) replicas: Option<u16>,
    /// The environment variable that holds the user's name.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code))]
    pub(crate) user_env: Option<String>,
    /// The environment variable that holds the password.
    #[cfg_attr(not(feature = "kafka"), allow(dead_code))]
    pub(crate) password_env: Option<String>,
    /// Settings of librdkafka, by their names.
    #[serde(default)]
    pub(crate) settings: BTreeMap<String, String>,
    /// Whose schema ids the values carry; by default hark's own.
    pub(crate) registry: Option<RegistryConfig>,
}

/// Each task has two clients of its own: beyond this, more processes are no longer the way to go faster.
const MOST_PARTITIONS: u32 = 256;

fn one() -> u32 {
    1
}

/// What comes in so long shares a transaction.
fn commit_interval() -> Duration {
    Duration::from_millis(100)
}

/// Beyond it nobody is told in the same minute.
const LONGEST_INTERVAL: Duration = Duration::from_secs(10);

/// What hark's promises rest on.
const OURS: [&str; 14] = [
    "bootstrap.servers",
    "metadata.broker.list",
    "transactional.id",
    "transaction.timeout.ms",
    "group.id",
    "isolation.level",
    "enable.idempotence",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "enable.partition.eof",
    "auto.offset.reset",
    "acks",
    "client.rack",
    "statistics.interval.ms",
];

impl KafkaConfig {
    /// Every mistake in it.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut found = Vec::new();
        if self.servers.trim().is_empty() {
            found.push("log.kafka.servers is empty; give host:port of a broker".to_owned());
        }
        if self.replicas == Some(0) {
            found.push("log.kafka.replicas is 0; a topic has one copy at least".to_owned());
        }
        if !(1..=MOST_PARTITIONS).contains(&self.partitions) {
            found.push(format!(
                "log.kafka.partitions is {}; it is at least 1 and at most {MOST_PARTITIONS}",
                self.partitions
            ));
        }
        if self.commit_interval > LONGEST_INTERVAL {
            found.push(format!(
                "log.kafka.commit_interval is {:?}; it is at most {LONGEST_INTERVAL:?}",
                self.commit_interval
            ));
        }
        for name in self.settings.keys() {
            if name.contains("password") || name.contains("secret") || name == "ssl.key.pem" {
                found.push(format!(
                    "log.kafka.settings.\"{name}\" is a secret; name the environment variable that \
                     holds it: user_env and password_env, or a file: ssl.key.location"
                ));
            } else if OURS.contains(&name.as_str()) {
                found.push(format!(
                    "log.kafka.settings.\"{name}\" is set by hark itself, whose promises rest on it"
                ));
            }
        }
        if let Some(registry) = &self.registry {
            found.extend(registry.problems());
        }
        found
    }

    /// The settings with the secrets that the environment holds.
    #[cfg(feature = "kafka")]
    pub(crate) fn resolve(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<(String, String)>, Vec<String>> {
        let mut secrets = Secrets::new("log.kafka", env);
        let mut settings: Vec<(String, String)> = self.settings.clone().into_iter().collect();
        for (setting, variable) in [
            ("sasl.username", &self.user_env),
            ("sasl.password", &self.password_env),
        ] {
            let value = secrets.read(variable.as_ref());
            settings.extend(value.map(|value| (setting.to_owned(), value)));
        }
        secrets.all(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::KafkaConfig;

    fn config(text: &str) -> KafkaConfig {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn secrets_and_what_hark_decides_have_no_place_in_the_settings() {
        let config = config(
            "servers = \"\"\nreplicas = 0\npartitions = 0\ncommit_interval = \"1m\"\n[settings]\n\"sasl.password\" = \"x\"\n\"acks\" = \"1\"\n\
             \"ssl.ca.location\" = \"ca.pem\"",
        );
        assert_eq!(config.problems().len(), 6);
    }

    #[cfg(feature = "kafka")]
    #[test]
    fn secrets_come_from_the_environment() {
        let config = config("servers = \"a:9092\"\nuser_env = \"U\"\npassword_env = \"P\"");
        let settings = config.resolve(&|name| Some(format!("<{name}>"))).unwrap();
        assert_eq!(settings[1], ("sasl.password".to_owned(), "<P>".to_owned()));
        assert_eq!(config.resolve(&|_| None).unwrap_err().len(), 2);
    }
}
