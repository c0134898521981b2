//! Identifiers, each a type of its own so that a brand cannot be passed for a market.

use std::fmt;
use std::sync::Arc;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps an identifier as it is written in configuration or on the wire.
            pub fn new(id: impl AsRef<str>) -> Self {
                Self(Arc::from(id.as_ref()))
            }

            /// The identifier's text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

id!(
    /// A configured source, for example `bluesky` or `support-export`.
    SourceId
);
id!(
    /// A brand, as its configuration names it.
    BrandId
);
id!(
    /// A market: a set of brands that are compared with each other.
    MarketId
);
id!(
    /// A touchpoint of the customer journey. The default ids are a contract.
    TouchpointId
);
id!(
    /// A team that owns touchpoints and the alerts about them.
    TeamId
);

/// What identifies an item for ever: the source that published it and the id it has there.
///
/// Native ids are never parsed as numbers: several sources use ids that do not fit one.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId {
    /// Where it was published.
    pub source: SourceId,
    /// Its id there, verbatim.
    pub native_id: Arc<str>,
}

impl ItemId {
    /// Joins a source and a native id.
    pub fn new(source: impl Into<SourceId>, native_id: impl AsRef<str>) -> Self {
        Self {
            source: source.into(),
            native_id: Arc::from(native_id.as_ref()),
        }
    }
}

/// `source:native_id`, the key of the items topic.
impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.native_id)
    }
}

/// An author's pseudonym: HMAC-SHA-256(pepper, `source:author`), its first 16 bytes.
///
/// It lets a brand's authors be counted and followed without keeping who they are.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AuthorKey([u8; 16]);

/// The text was not 32 hexadecimal digits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an author key is 32 hexadecimal digits, found {0:?}")]
pub struct InvalidAuthorKey(String);

impl AuthorKey {
    /// Wraps the sixteen bytes.
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The sixteen bytes.
    pub const fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The first eight bytes as a number, for tables that must stay small. Two of a million
    /// authors share it with a probability of about 3·10⁻⁸ (birthday bound n²/2⁶⁵).
    pub fn short(&self) -> u64 {
        let mut first = [0; 8];
        first.copy_from_slice(&self.0[..8]);
        u64::from_be_bytes(first)
    }

    /// Reads the 32 hexadecimal digits that `Display` writes.
    pub fn parse(text: &str) -> Result<Self, InvalidAuthorKey> {
        let invalid = || InvalidAuthorKey(text.to_owned());
        if text.len() != 32 || !text.is_ascii() {
            return Err(invalid());
        }
        let mut bytes = [0; 16];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let high = char::from(pair[0]).to_digit(16).ok_or_else(invalid)?;
            let low = char::from(pair[1]).to_digit(16).ok_or_else(invalid)?;
            *byte = (high * 16 + low) as u8;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for AuthorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for AuthorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_key_survives_its_text_form() {
        let key = AuthorKey::new(*b"0123456789abcdef");
        assert_eq!(AuthorKey::parse(&key.to_string()), Ok(key));
    }

    #[test]
    fn a_broken_author_key_is_refused() {
        for text in [
            "",
            "12",
            "zz345678901234567890123456789012",
            "ä2345678901234567890123456789012",
        ] {
            assert!(AuthorKey::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_item_id_reads_source_then_native_id() {
        assert_eq!(
            ItemId::new("bluesky", "at://did/app/1").to_string(),
            "bluesky:at://did/app/1"
        );
    }
}
