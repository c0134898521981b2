//! Why bytes could not be read.

use std::fmt;

/// Why a record's bytes could not be read. Trying the same bytes again never helps: the record
/// belongs into the dead letters.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// The frame is cut off. The producer, or whatever moved the record, lost bytes.
    #[error(
        "the frame is cut off after {found} bytes, at least {needed} are needed: the producer \
         wrote a broken record, or something on the way shortened it"
    )]
    Truncated {
        /// Bytes that are there.
        found: usize,
        /// Bytes that must be there at the least.
        needed: usize,
    },
    /// It does not start with a frame. The producer wrote something else.
    #[error(
        "the first byte is {0:#04x}, expected 0x00: the producer wrote neither Confluent's wire \
         format nor JSON; is this the right topic, and was the record written by hark?"
    )]
    Magic(u8),
    /// The frame names another message than the first of its file. The producer wrote another
    /// message.
    #[error(
        "the message index list is {0}, expected 0: the producer wrote another message than the \
         topic's; is this the right topic?"
    )]
    MessageIndex(String),
    /// Behind the frame is no Protobuf of this message. The producer wrote something else.
    #[error("the bytes behind the frame are not a {message}: {source}")]
    Protobuf {
        /// The full name of the message expected.
        message: &'static str,
        /// What the Protobuf decoder says.
        source: prost::DecodeError,
    },
    /// The same, found while writing JSON.
    #[error("the bytes behind the frame are not a {message}: {source}")]
    Json {
        /// The full name of the message expected.
        message: String,
        /// What the Protobuf decoder says.
        source: prost::DecodeError,
    },
    /// It begins as JSON does and is none. The producer wrote something else.
    #[error("the value begins like JSON and is no {message}: {source}")]
    JsonSyntax {
        /// The full name of the message expected.
        message: String,
        /// What the JSON parser says.
        source: serde_json::Error,
    },
    /// The JSON has another shape than hark writes.
    #[error("{message}: {error}")]
    JsonField {
        /// The full name of the message.
        message: String,
        /// Which field, and what is wrong with it.
        error: FieldError,
    },
    /// One field is missing or wrong.
    #[error("{message}: {error}")]
    Field {
        /// The full name of the message.
        message: &'static str,
        /// Which field, and what is wrong with it.
        error: FieldError,
    },
    /// The caller asked for a message that package `hark.v1` does not have.
    #[error(
        "there is no message {0:?} in package hark.v1: ask for a full name such as \
         \"hark.v1.MentionEvent\""
    )]
    UnknownMessage(String),
}

impl DecodeError {
    /// Which of a bounded set of kinds it is: for labels and for the header
    /// [`crate::dead_letter::REASON_KIND`].
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Truncated { .. } => "frame_truncated",
            Self::Magic(_) => "frame_magic",
            Self::MessageIndex(_) => "frame_message_index",
            Self::Protobuf { .. } | Self::Json { .. } => "protobuf",
            Self::JsonSyntax { .. } => "json",
            Self::Field { error, .. } | Self::JsonField { error, .. } => match error.problem {
                Problem::Missing => "field_missing",
                Problem::Unknown(_) => "field_unknown",
                Problem::Invalid(_) => "field_invalid",
            },
            Self::UnknownMessage(_) => "unknown_message",
        }
    }

    /// Whether trying again can help: never, the bytes stay what they are.
    pub const fn retryable(&self) -> bool {
        false
    }
}

/// A field that is missing or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Where: proto field names joined by dots, for example `upsert.matches[1].brand`.
    pub path: String,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It is not there though it must be.
    Missing,
    /// It holds an enum number this reader does not know.
    Unknown(i32),
    /// It holds something that cannot be, and what.
    Invalid(String),
}

impl FieldError {
    pub(crate) fn missing(field: &str) -> Self {
        Self {
            path: field.to_owned(),
            problem: Problem::Missing,
        }
    }

    pub(crate) fn unknown(field: &str, number: i32) -> Self {
        Self {
            path: field.to_owned(),
            problem: Problem::Unknown(number),
        }
    }

    pub(crate) fn invalid(field: &str, why: impl Into<String>) -> Self {
        Self {
            path: field.to_owned(),
            problem: Problem::Invalid(why.into()),
        }
    }

    /// The same error seen from the message that holds `field`.
    pub(crate) fn under(mut self, field: impl fmt::Display) -> Self {
        self.path = format!("{field}.{}", self.path);
        self
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.problem {
            Problem::Missing => write!(
                f,
                "field {path} is missing: the producer left it out, or wrote something newer \
                 than this reader knows; if other records of the topic have it, upgrade this \
                 reader, else look at the producer"
            ),
            Problem::Unknown(number) => write!(
                f,
                "field {path} is {number}, which this reader does not know: the producer is \
                 newer, upgrade this reader"
            ),
            Problem::Invalid(why) => {
                write!(f, "field {path} is wrong: {why}; look at the producer")
            }
        }
    }
}

impl std::error::Error for FieldError {}
