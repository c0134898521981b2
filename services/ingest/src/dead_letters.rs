//! What a source sent and nobody can use.

use crate::source::Unusable;
use hark_model::{SourceId, Timestamp};
use hark_proto::dead_letter;
use hark_stream::{NewRecord, TopicName};

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
    let origin = format!("source:{source}");
    let letter = dead_letter::Letter {
        stage: "ingest",
        kind: reason.as_str(),
        reason: detail,
        topic: &origin,
        partition: 0,
        offset: 0,
        failed_at: now,
    };
    NewRecord {
        headers: letter.headers().collect(),
        ..NewRecord::keyed(topic, letter.key(), Some(raw), now.millis())
    }
}
