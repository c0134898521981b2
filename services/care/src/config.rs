//! The `[[webhook]]` sections of the configuration.

use crate::{Secret, SecretError, Webhook};
use hark_model::BrandId;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;
use url::Url;

/// Who is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Config {
    /// One for each receiver.
    pub webhooks: Vec<WebhookConfig>,
}

/// A receiver of alerts, signed by the Standard Webhooks specification.
///
/// The operator chooses the URL, so care asks no questions about it: `http://` and addresses of
/// the own network are allowed, which is how most receivers are reached. Redirects are not
/// followed, so a receiver cannot choose another address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Its name, in the outbox, in logs and in metrics. Give another one and the entries under
    /// the old one stay undelivered.
    pub id: String,
    /// Where alerts are sent by POST.
    #[serde(with = "written_url")]
    pub url: Url,
    /// The environment variable that holds the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_env: Option<String>,
    /// A file that holds the secret instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Only alerts about these brands; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brands: Option<Vec<String>>,
    /// Only alerts of at least this severity, 1 to 10.
    #[serde(default = "least_severity")]
    pub min_severity: u8,
    /// How long an answer may take, from the first attempt to connect on.
    #[serde(default = "timeout", with = "humantime_serde")]
    pub timeout: Duration,
    /// Undelivered for this long, a notice is given up: counted, logged and kept as a dead letter.
    #[serde(default = "give_up_after", with = "humantime_serde")]
    pub give_up_after: Duration,
}

const fn least_severity() -> u8 {
    1
}

const fn timeout() -> Duration {
    Duration::from_secs(10)
}

pub(crate) const fn give_up_after() -> Duration {
    Duration::from_secs(72 * 60 * 60)
}

/// The longest an id may be; it is a label and a part of keys.
const LONGEST_ID: usize = 64;

impl Config {
    /// What is wrong with it, given the brands there are: one line for each mistake.
    pub fn problems(&self, brands: &[BrandId]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut ids = HashSet::new();
        for webhook in &self.webhooks {
            let mut found = webhook.problems(brands);
            if !ids.insert(&webhook.id) {
                found.push("another webhook has the same id".to_owned());
            }
            problems.extend(
                found
                    .iter()
                    .map(|found| format!("webhook {:?}: {found}", webhook.id)),
            );
        }
        problems
    }

    /// The webhooks with their secrets; `env` looks up an environment variable.
    ///
    /// # Errors
    ///
    /// One for each secret that is missing or unusable. None of them contains any of it.
    pub fn resolve(
        &self,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Vec<Webhook>, Vec<SecretError>> {
        let mut webhooks = Vec::new();
        let mut errors = Vec::new();
        for config in &self.webhooks {
            match Secret::of(config, env) {
                Ok(secret) => webhooks.push(Webhook::new(config, secret)),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() {
            Ok(webhooks)
        } else {
            Err(errors)
        }
    }
}

impl WebhookConfig {
    fn problems(&self, brands: &[BrandId]) -> Vec<String> {
        let mut problems = Vec::new();
        let mut need = |ok: bool, problem: &str| {
            if !ok {
                problems.push(problem.to_owned());
            }
        };
        let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        need(
            (1..=LONGEST_ID).contains(&self.id.len()) && self.id.chars().all(legal),
            "an id is 1 to 64 letters, digits, dots, dashes and underscores",
        );
        need(
            matches!(self.url.scheme(), "https" | "http") && self.url.has_host(),
            "url must begin with https:// (or http://) and name a host",
        );
        need(
            self.url.username().is_empty() && self.url.password().is_none(),
            "url must not hold a user or a password: the secret signs what is sent",
        );
        need(
            self.secret_env.is_some() != self.secret_file.is_some(),
            "give either secret_env or secret_file",
        );
        need(
            (1..=10).contains(&self.min_severity),
            "min_severity must be 1 to 10",
        );
        need(!self.timeout.is_zero(), "timeout must be longer than 0");
        need(
            self.give_up_after >= self.timeout,
            "give_up_after must not be shorter than timeout",
        );
        if let Some(named) = &self.brands {
            need(
                !named.is_empty(),
                "brands is empty, so nothing would be sent; leave it out for all",
            );
            for unknown in named
                .iter()
                .filter(|id| !brands.iter().any(|b| b.as_str() == **id))
            {
                need(false, &format!("there is no brand {unknown:?}"));
            }
        }
        problems
    }
}

mod written_url {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use url::Url;

    pub(super) fn serialize<S: Serializer>(it: &Url, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(it.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
        let text = String::deserialize(from)?;
        Url::parse(&text).map_err(|error| D::Error::custom(format!("{text:?} is no URL: {error}")))
    }
}
