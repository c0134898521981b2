//! Something nobody may read in a log.

use sha2::{Digest, Sha256};
use std::fmt;
use std::path::Path;
use subtle::ConstantTimeEq;

/// A secret; prints as `[redacted]`.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Reads a secret from an environment variable or a file, without the line end behind it.
    /// The error names the variable or the file, never the secret.
    pub fn resolve(env: Option<&str>, file: Option<&Path>) -> Result<Self, String> {
        let (value, place) = match (env, file) {
            (_, Some(file)) => {
                let place = format!("the file {}", file.display());
                let value = std::fs::read_to_string(file)
                    .map_err(|error| format!("{place} cannot be read: {error}"))?;
                (value, place)
            }
            (Some(env), None) => {
                let place = format!("the environment variable {env}");
                let value = std::env::var(env)
                    .map_err(|_| format!("{place} is not set: it has to hold the bearer token"))?;
                (value, place)
            }
            (None, None) => return Err("a token is needed: set token_env or token_file".into()),
        };
        let value = value.trim();
        if value.is_empty() {
            return Err(format!("{place} is empty"));
        }
        Ok(Self(value.to_owned()))
    }

    /// Whether `given` is the secret, in a time that tells nothing about where they differ.
    pub fn matches(&self, given: &[u8]) -> bool {
        // Hashes have one length, so that the secret's length shows in no timing either.
        Sha256::digest(&self.0).ct_eq(&Sha256::digest(given)).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret("canary".into());
        let printed = format!("{secret} {secret:?} {:?}", Some(&secret));
        assert!(!printed.contains("canary"), "{printed}");
    }

    #[test]
    fn only_the_whole_secret_matches() {
        let secret = Secret("canary".into());
        assert!(secret.matches(b"canary"));
        for given in ["", "canar", "canary2", "Canary"] {
            assert!(!secret.matches(given.as_bytes()), "{given:?}");
        }
    }

    #[test]
    fn a_file_gives_its_secret_without_the_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "canary\n").unwrap();
        assert!(
            Secret::resolve(None, Some(&path))
                .unwrap()
                .matches(b"canary")
        );
        std::fs::write(&path, "\n").unwrap();
        assert!(
            Secret::resolve(None, Some(&path))
                .unwrap_err()
                .contains("empty")
        );
    }

    #[test]
    fn a_missing_variable_is_named() {
        let missing = Secret::resolve(Some("HARK_TEST_NOT_SET"), None).unwrap_err();
        assert!(missing.contains("HARK_TEST_NOT_SET"), "{missing}");
    }
}
