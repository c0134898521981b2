//! How values are written.

use crate::schemas::SchemaIds;
use crate::{Wire, to_json};

/// What a value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Protobuf in Confluent's frame.
    #[default]
    Protobuf,
    /// A JSON object in UTF-8, as [`to_json`] shows it.
    Json,
}

impl Format {
    /// How a value is written: no frame begins with a brace.
    pub fn of(value: &[u8]) -> Self {
        if value.first() == Some(&b'{') {
            Self::Json
        } else {
            Self::Protobuf
        }
    }
}

/// How a topic's values are written. Reading needs no such choice: [`Wire::decode`] sees what it
/// has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// What they are.
    pub format: Format,
    /// The schema ids in the frame; JSON has none.
    pub ids: SchemaIds,
}

impl Encoding {
    /// A value's bytes. Never fails, like [`Wire::encode`].
    ///
    /// JSON has no number that is none: such a float becomes null, and is 0 or absent when it is
    /// read back.
    pub fn write<T: Wire>(&self, value: &T) -> Vec<u8> {
        match self.format {
            Format::Protobuf => value.encode_as(self.ids.of_values::<T>()),
            Format::Json => to_json(T::MESSAGE, &value.encode())
                .expect("what this crate encodes, it can also read")
                .to_string()
                .into_bytes(),
        }
    }
}
