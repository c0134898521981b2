//! Secrets: read once, shown never.

use crate::WebhookConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fmt;
use std::path::PathBuf;

/// A signing key as the Standard Webhooks specification writes it: `whsec_` and base64.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// What a secret begins with.
const PREFIX: &str = "whsec_";
/// The least the specification allows.
const LEAST_BYTES: usize = 24;

/// A secret that cannot be used. Says where it was looked for, and nothing of what was found.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// The environment has no such variable.
    #[error(
        "webhook {webhook:?}: the environment variable {variable} is not set; it must hold the secret"
    )]
    Unset {
        /// Whose secret.
        webhook: String,
        /// Where it was looked for.
        variable: String,
    },
    /// The file cannot be read.
    #[error("webhook {webhook:?}: the secret cannot be read from {}: {source}", file.display())]
    Unreadable {
        /// Whose secret.
        webhook: String,
        /// Where it was looked for.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The configuration names no place.
    #[error("webhook {webhook:?}: give secret_env or secret_file")]
    Nowhere {
        /// Whose secret.
        webhook: String,
    },
    /// What was found is no secret.
    #[error("webhook {webhook:?}: the secret in {place} {problem}")]
    Malformed {
        /// Whose secret.
        webhook: String,
        /// Where it was found.
        place: String,
        /// What is wrong with it, without any of it.
        problem: &'static str,
    },
}

impl Secret {
    /// Reads a secret; white space round it does not count.
    ///
    /// # Errors
    ///
    /// What is wrong, without any of the text.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let encoded = text
            .trim()
            .strip_prefix(PREFIX)
            .ok_or("does not begin with \"whsec_\"")?;
        // The decoder's own error names bytes of the secret.
        let key = STANDARD
            .decode(encoded)
            .map_err(|_| "is not base64 behind \"whsec_\"")?;
        if key.len() < LEAST_BYTES {
            return Err("is too short: at least 24 bytes, 32 characters of base64, are needed");
        }
        Ok(Self(key))
    }

    /// The secret a webhook's configuration points to.
    pub(crate) fn of(
        config: &WebhookConfig,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, SecretError> {
        let webhook = config.id.clone();
        let (text, place) = match (&config.secret_env, &config.secret_file) {
            (Some(variable), _) => match env(variable) {
                Some(text) => (text, format!("the environment variable {variable}")),
                None => {
                    return Err(SecretError::Unset {
                        webhook,
                        variable: variable.clone(),
                    });
                }
            },
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(text) => (text, file.display().to_string()),
                Err(source) => {
                    return Err(SecretError::Unreadable {
                        webhook,
                        file: file.clone(),
                        source,
                    });
                }
            },
            (None, None) => return Err(SecretError::Nowhere { webhook }),
        };
        Self::parse(&text).map_err(|problem| SecretError::Malformed {
            webhook,
            place,
            problem,
        })
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANARY: &str = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5";

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::parse(CANARY).unwrap();
        assert_eq!(format!("{secret} {secret:?}"), "[redacted] [redacted]");
        assert_eq!(secret.key(), b"canarycanarycanarycanary");
    }

    #[test]
    fn a_line_break_round_a_secret_does_not_count() {
        assert_eq!(
            Secret::parse(&format!("{CANARY}\r\n")),
            Secret::parse(CANARY)
        );
    }

    #[test]
    fn a_text_that_is_no_secret_is_refused_without_repeating_it() {
        for text in [
            "Y2FuYXJ5Y2FuYXJ5",
            "whsec_Y2FuYXJ5",
            "whsec_canary!canary!canary!canary!can",
        ] {
            let problem = Secret::parse(text).unwrap_err();
            assert!(
                !problem.contains("canary") && !problem.contains("Y2Fu"),
                "{problem}"
            );
        }
    }
}
