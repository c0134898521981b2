//! What care could not use or not deliver.

use crate::STAGE;
use crate::outbox::Notice;
use hark_model::{Alert, Timestamp};
use hark_proto::{DecodeError, Wire, cloud_event_headers, dead_letter};
use hark_stream::{NewRecord, Record, TopicName};

/// Names the webhook in a dead letter of a notice that was given up.
pub(crate) const WEBHOOK: &str = "hark-webhook";

/// Where a dead letter goes and where its record came from.
pub(crate) struct Origin<'a> {
    pub(crate) dead_letters: &'a TopicName,
    pub(crate) topic: &'a TopicName,
    pub(crate) partition: u32,
    pub(crate) offset: u64,
}

/// Why.
pub(crate) struct Reason<'a> {
    pub(crate) kind: &'a str,
    pub(crate) sentence: &'a str,
}

/// A record that is no alert.
pub(crate) fn unreadable(
    origin: &Origin<'_>,
    record: &Record,
    error: &DecodeError,
    now: i64,
) -> NewRecord {
    let sentence = error.to_string();
    let reason = Reason {
        kind: error.kind(),
        sentence: &sentence,
    };
    let value = record.value.as_ref().map(|value| value.to_vec());
    letter(origin, value, record.headers.clone(), &reason, now)
}

/// A notice that was not delivered.
pub(crate) fn undelivered(
    origin: &Origin<'_>,
    notice: &Notice,
    webhook: &str,
    reason: &Reason<'_>,
    now: i64,
) -> NewRecord {
    // The headers the alert's record had; none if it cannot be read.
    let alert = Alert::decode(&notice.alert).ok();
    let own = alert.map(|alert| cloud_event_headers(&alert, &notice.alert));
    let mut headers: Vec<_> = own
        .into_iter()
        .flatten()
        .map(|(name, value)| (name, value.into_bytes()))
        .collect();
    headers.push((WEBHOOK.to_owned(), webhook.as_bytes().to_vec()));
    letter(origin, Some(notice.alert.clone()), headers, reason, now)
}

fn letter(
    origin: &Origin<'_>,
    value: Option<Vec<u8>>,
    mut headers: Vec<(String, Vec<u8>)>,
    reason: &Reason<'_>,
    now: i64,
) -> NewRecord {
    let letter = dead_letter::Letter {
        stage: STAGE,
        kind: reason.kind,
        reason: reason.sentence,
        topic: origin.topic.as_str(),
        partition: origin.partition,
        offset: origin.offset,
        failed_at: Timestamp::from_millis(now),
    };
    headers.extend(letter.headers());
    NewRecord {
        headers,
        ..NewRecord::keyed(origin.dead_letters, letter.key(), value, now)
    }
}
