//! The headers of a dead letter.
//!
//! A record no stage could use goes to [`crate::topics::DEAD_LETTERS`] with its original value,
//! byte for byte; there is no message of its own. The reason travels in these headers, beside
//! the record's own. All values are UTF-8 text.

/// Why, of a bounded set: for counting. For example [`crate::DecodeError::kind`].
pub const REASON_KIND: &str = "hark-reason-kind";
/// Why, in a sentence for an operator: what is wrong, whose fault it is, what to do.
pub const REASON: &str = "hark-reason";
/// The stage that gave up: `ingest`, `classify`, `aggregate` or `care`.
pub const STAGE: &str = "hark-stage";
/// The topic the record came from.
pub const SOURCE_TOPIC: &str = "hark-source-topic";
/// The partition it came from, in decimal digits.
pub const SOURCE_PARTITION: &str = "hark-source-partition";
/// Its offset there, in decimal digits.
pub const SOURCE_OFFSET: &str = "hark-source-offset";
/// When the stage gave up: RFC 3339 in UTC with milliseconds, as `Timestamp` prints it.
pub const FAILED_AT: &str = "hark-failed-at";

/// All of them; each is present on every dead letter.
pub const ALL: [&str; 7] = [
    REASON_KIND,
    REASON,
    STAGE,
    SOURCE_TOPIC,
    SOURCE_PARTITION,
    SOURCE_OFFSET,
    FAILED_AT,
];
