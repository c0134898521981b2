//! Sixteen bytes as a row keeps them: as one string of bytes, not as a list of sixteen numbers.

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;
use std::fmt;

pub(crate) fn serialize<S: Serializer>(bytes: &[u8; 16], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_bytes(bytes)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 16], D::Error> {
    from.deserialize_bytes(Sixteen)
}

struct Sixteen;

impl Visitor<'_> for Sixteen {
    type Value = [u8; 16];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sixteen bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        bytes
            .try_into()
            .map_err(|_| E::invalid_length(bytes.len(), &self))
    }
}

/// Sixteen bytes that may be absent: then a string of none.
pub(crate) mod maybe {
    use super::{Deserializer, Error, Serializer, Visitor, fmt};

    pub(crate) fn serialize<S: Serializer>(
        bytes: &Option<[u8; 16]>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(bytes.as_ref().map_or(&[], |bytes| bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<[u8; 16]>, D::Error> {
        from.deserialize_bytes(Maybe)
    }

    struct Maybe;

    impl Visitor<'_> for Maybe {
        type Value = Option<[u8; 16]>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("sixteen bytes or none")
        }

        fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
            if bytes.is_empty() {
                return Ok(None);
            }
            bytes
                .try_into()
                .map(Some)
                .map_err(|_| E::invalid_length(bytes.len(), &self))
        }
    }
}
