//! How values are written.

use crate::Wire;
use crate::schemas::SchemaIds;

/// How a topic's values are written. Reading needs no such choice: [`Wire::decode`] sees what it
/// has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    /// The schema ids in the frame.
    pub ids: SchemaIds,
}

impl Encoding {
    /// A value's bytes. Never fails, like [`Wire::encode`].
    pub fn write<T: Wire>(&self, value: &T) -> Vec<u8> {
        value.encode_as(self.ids.of_values::<T>())
    }
}
