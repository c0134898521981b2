//! The messages of the topics: Protobuf package `hark.v1`, and its conversions to and from the
//! words of `hark-model`.
//!
//! Wire types stop here: a stage calls [`Wire::encode`] and [`Wire::decode`] on the model's own
//! types and never sees a generated one. [`to_json`] shows any message to a person,
//! [`cloud_event`] hands an alert to other systems.
//!
//! # Frame
//!
//! Every value starts with Confluent's wire format: a byte 0, the schema id as four bytes, big
//! endian, and the list of message indexes, which is a single byte 0 because a topic's message is
//! the first one of its file. The Protobuf bytes follow. The schema id is the one a registry gave
//! ([`Encoding::ids`]), or hark's own ([`Wire::SCHEMA_ID`]); hark itself accepts any.
//!
//! Where `[log] format` says so, a value is JSON instead, as [`to_json`] shows it. Reading takes
//! both: no frame begins with a brace.
//!
//! # Older and newer
//!
//! A reader ignores fields it does not know and skips labels it does not know in a list. It
//! refuses a label it does not know where exactly one is needed: guessing would be worse.

mod alert;
mod cloud_event;
mod common;
pub mod dead_letter;
mod encoding;
mod error;
mod frame;
mod from_json;
mod item;
mod json;
mod mention;
pub mod schemas;
mod standing;
pub mod topics;
mod value;
mod voice;

/// The generated types, documented by the comments of `proto/hark/v1/*.proto`.
#[allow(missing_docs, unreachable_pub, unused_qualifications, clippy::all)]
pub mod v1 {
    include!(concat!(env!("OUT_DIR"), "/hark.v1.rs"));
}

pub use cloud_event::{cloud_event, cloud_event_headers};
pub use encoding::{Encoding, Format};
pub use error::{DecodeError, FieldError, Problem};
pub use frame::HEADER_LEN;
pub use json::to_json;

/// The descriptors of package `hark.v1` with their comments: an encoded
/// `google.protobuf.FileDescriptorSet`, for readers that know messages only at run time.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/hark.v1.descriptors"));

/// A type of the model that travels as the value of a record.
pub trait Wire: Sized {
    /// The full name of its message, for example `hark.v1.ItemEvent`.
    const MESSAGE: &'static str;

    /// The schema id that hark itself gives it, where no registry does.
    const SCHEMA_ID: u32;

    /// The framed bytes, with a schema id. Never fails; a value that breaks the model's own rules
    /// (an empty id, a severity of 0) is written as it is and refused by [`Wire::decode`].
    fn encode_as(&self, schema_id: u32) -> Vec<u8>;

    /// The framed bytes with hark's own schema id, for what does not leave hark.
    fn encode(&self) -> Vec<u8> {
        self.encode_as(Self::SCHEMA_ID)
    }

    /// Reads a value, however it is written.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] says what is wrong, and whose fault it is. Trying again never helps.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;
}

/// Implements [`Wire`] for a type with conversions to and from its generated message. `$number` is
/// its place in [`schemas::ALL`].
macro_rules! wire {
    ($type:ident, $number:literal) => {
        impl crate::Wire for hark_model::$type {
            const MESSAGE: &'static str = concat!("hark.v1.", stringify!($type));
            const SCHEMA_ID: u32 = crate::schemas::own_id($number);

            fn encode_as(&self, schema_id: u32) -> Vec<u8> {
                crate::frame::write(schema_id, &crate::v1::$type::from(self))
            }

            fn decode(bytes: &[u8]) -> Result<Self, crate::DecodeError> {
                let message: crate::v1::$type = crate::value::read(Self::MESSAGE, bytes)?;
                message
                    .try_into()
                    .map_err(|error| crate::DecodeError::Field {
                        message: Self::MESSAGE,
                        error,
                    })
            }
        }
    };
}
pub(crate) use wire;
