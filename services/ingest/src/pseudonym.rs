//! Authors without names.

use hark_model::{AuthorKey, SourceId};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Makes authors' pseudonyms with the pepper of this installation.
#[derive(Clone)]
pub struct Pseudonyms {
    mac: Hmac<Sha256>,
}

impl Pseudonyms {
    /// Pseudonyms under this pepper; with another one, every author is a new author.
    pub fn new(pepper: &[u8]) -> Self {
        let mac = Hmac::new_from_slice(pepper).expect("HMAC takes keys of any length");
        Self { mac }
    }

    /// The pseudonym of an author at a source: HMAC-SHA-256 of `source:author`, 16 bytes.
    pub fn of(&self, source: &SourceId, author: &str) -> AuthorKey {
        let mut mac = self.mac.clone();
        mac.update(source.as_str().as_bytes());
        mac.update(b":");
        mac.update(author.as_bytes());
        let digest = mac.finalize().into_bytes();
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        AuthorKey::new(key)
    }

    /// What tells this pepper from others, and does not tell what it is.
    pub fn mark(&self) -> [u8; 16] {
        let nobody = SourceId::new("");
        *self.of(&nobody, "").bytes()
    }
}

impl std::fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pseudonyms([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_keeps_a_pseudonym_under_one_pepper_and_gets_another_under_another() {
        let (one, other) = (Pseudonyms::new(b"pepper"), Pseudonyms::new(b"salt"));
        let author = |p: &Pseudonyms, source: &str| p.of(&source.into(), "ann");
        assert_eq!(author(&one, "bluesky"), author(&one, "bluesky"));
        assert_ne!(author(&one, "bluesky"), author(&other, "bluesky"));
        assert_ne!(author(&one, "bluesky"), author(&one, "push"));
        assert_eq!(format!("{one:?}"), "Pseudonyms([redacted])");
    }
}
