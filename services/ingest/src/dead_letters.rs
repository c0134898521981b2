//! What a source sent and nobody can use.

use crate::source::Unusable;
use hark_model::{SourceId, Timestamp};
use hark_proto::dead_letter;
use hark_stream::{NewRecord, Partitioning, TopicName};

/// A dead letter of ingest: the bytes as the source sent them. There is no topic it came from;
/// the header says which source instead.
pub(crate) fn dead_letter(
    topic: &TopicName,
    source: &SourceId,
    raw: Vec<u8>,
    reason: Unusable,
    detail: &str,
    now: Timestamp,
) -> NewRecord {
    let header = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    NewRecord {
        topic: topic.clone(),
        partitioning: Partitioning::ByKey,
        timestamp: now.millis(),
        key: format!("source:{source}").into_bytes(),
        value: Some(raw),
        headers: vec![
            header(dead_letter::REASON_KIND, reason.as_str()),
            header(dead_letter::REASON, detail),
            header(dead_letter::STAGE, "ingest"),
            header(dead_letter::SOURCE_TOPIC, &format!("source:{source}")),
            header(dead_letter::SOURCE_PARTITION, "0"),
            header(dead_letter::SOURCE_OFFSET, "0"),
            header(dead_letter::FAILED_AT, &now.to_string()),
        ],
    }
}
