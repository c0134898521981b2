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

/// What is known of a record that no stage could use.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The stage that gave up.
    pub stage: &'a str,
    /// Why, of a bounded set.
    pub kind: &'a str,
    /// Why, in a sentence.
    pub reason: &'a str,
    /// The topic it came from, or `source:` and a source's id where it came from none.
    pub topic: &'a str,
    /// The partition it came from.
    pub partition: u32,
    /// Its offset there.
    pub offset: u64,
    /// When the stage gave up.
    pub failed_at: hark_model::Timestamp,
}

impl Letter<'_> {
    /// The dead letter's key: `topic/partition/offset`.
    pub fn key(&self) -> Vec<u8> {
        format!("{}/{}/{}", self.topic, self.partition, self.offset).into_bytes()
    }

    /// The headers to go behind the record's own.
    pub fn headers(&self) -> impl Iterator<Item = (String, Vec<u8>)> + use<> {
        [
            (REASON_KIND, self.kind.to_owned()),
            (REASON, self.reason.to_owned()),
            (STAGE, self.stage.to_owned()),
            (SOURCE_TOPIC, self.topic.to_owned()),
            (SOURCE_PARTITION, self.partition.to_string()),
            (SOURCE_OFFSET, self.offset.to_string()),
            (FAILED_AT, self.failed_at.to_string()),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dead_letter_has_all_the_headers() {
        let letter = Letter {
            stage: "classify",
            kind: "frame",
            reason: "because",
            topic: "hark.items",
            partition: 0,
            offset: 7,
            failed_at: hark_model::Timestamp::from_millis(0),
        };
        let names: Vec<String> = letter.headers().map(|(name, _)| name).collect();
        assert_eq!(names, ALL);
        assert_eq!(letter.key(), b"hark.items/0/7");
    }
}
