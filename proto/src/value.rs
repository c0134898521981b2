//! A value of a topic, however it is written.

use crate::{DecodeError, Format, frame, from_json};
use prost::Message;
use std::borrow::Cow;

/// Reads a topic's message.
pub(crate) fn read<M: Message + Default>(
    message: &'static str,
    value: &[u8],
) -> Result<M, DecodeError> {
    M::decode(&*payload(message, value)?)
        .map_err(|source| DecodeError::Protobuf { message, source })
}

/// The message in Protobuf.
pub(crate) fn payload<'a>(message: &str, value: &'a [u8]) -> Result<Cow<'a, [u8]>, DecodeError> {
    match Format::of(value) {
        Format::Protobuf => frame::payload(value).map(Cow::Borrowed),
        Format::Json => from_json::protobuf(message, value).map(Cow::Owned),
    }
}
