//! From Jetstream's words to ours.

use super::cursor::Seen;
use super::event::{Account, Commit, Envelope};
use super::tid;
use crate::source::file::moment::micros_of;
use crate::source::{RawAuthor, RawEvent, RawItem, Unusable};
use crate::text::TextFormat;
use hark_model::{Timestamp, Version};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::sync::Arc;

/// The collection that posts are in.
pub(super) const POSTS: &str = "app.bsky.feed.post";
/// How much of something unusable is kept.
const KEEP_BYTES: usize = 64 * 1024;

/// What an event comes to.
#[derive(Debug, PartialEq)]
pub(super) struct Mapped {
    /// Where it stands in the stream, if it says so.
    pub(super) seen: Option<Seen>,
    /// What it means, or why it means nothing here.
    pub(super) outcome: Result<RawEvent, Ignored>,
}

/// Why an event means nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ignored {
    /// A handle changed.
    Identity,
    /// An account is active (again).
    ActiveAccount,
    /// A record that is no post.
    OtherCollection,
    /// Something newer than this code.
    Unknown,
}

/// Maps the JSON of an event.
pub(super) fn event(json: &[u8]) -> Mapped {
    let envelope: Envelope = match serde_json::from_slice(json) {
        Ok(envelope) => envelope,
        Err(error) => {
            let reason = if error.is_data() {
                Unusable::InvalidField
            } else {
                Unusable::Malformed
            };
            let detail = format!("an event is not as it should be: {error}");
            return Mapped {
                seen: None,
                outcome: Ok(unusable(json, reason, detail)),
            };
        }
    };
    let seen = Seen::at(envelope.time_us);
    let outcome = match (envelope.kind.as_str(), &envelope.commit, &envelope.account) {
        ("commit", Some(commit), _) if commit.collection == POSTS => post(&envelope, commit, json),
        ("commit", Some(_), _) => Err(Ignored::OtherCollection),
        ("account", _, Some(account)) => author(&envelope, account),
        ("commit" | "account", _, _) => {
            let detail = format!("an event of kind {:?} says nothing more", envelope.kind);
            Ok(unusable(json, Unusable::MissingField, detail))
        }
        ("identity", _, _) => Err(Ignored::Identity),
        _ => Err(Ignored::Unknown),
    };
    Mapped { seen, outcome }
}

fn author(envelope: &Envelope, account: &Account) -> Result<RawEvent, Ignored> {
    if account.active {
        return Err(Ignored::ActiveAccount);
    }
    match account.status.as_deref() {
        Some(status @ ("deleted" | "deactivated" | "suspended" | "takendown")) => {
            let version = Version {
                order: envelope.time_us,
                tag: Arc::from(status),
            };
            Ok(RawEvent::AuthorDelete {
                author: envelope.did.clone(),
                version,
            })
        }
        // Throttled or out of step: the account is still there.
        _ => Err(Ignored::Unknown),
    }
}

fn post(envelope: &Envelope, commit: &Commit, json: &[u8]) -> Result<RawEvent, Ignored> {
    let did = &envelope.did;
    let native_id = format!("at://{did}/{POSTS}/{}", commit.rkey);
    // The owner's own revision orders the versions, whichever instance they came through.
    let order = tid::micros(&commit.rev).unwrap_or(envelope.time_us);
    match commit.operation.as_str() {
        "create" | "update" => Ok(upsert(envelope, commit, native_id, order, json)),
        "delete" => {
            let version = Version {
                order,
                tag: Arc::from(commit.rev.as_str()),
            };
            Ok(RawEvent::Delete {
                native_id,
                version,
                author: Some(did.clone()),
            })
        }
        _ => Err(Ignored::Unknown),
    }
}

fn upsert(
    envelope: &Envelope,
    commit: &Commit,
    native_id: String,
    order: i64,
    json: &[u8],
) -> RawEvent {
    let record = commit.record.as_ref().unwrap_or(&Value::Null);
    let Some(text) = record.get("text").and_then(Value::as_str) else {
        let detail = format!("the post {native_id} has no text field");
        return unusable(json, Unusable::MissingField, detail);
    };
    let string = |pointer| {
        record
            .pointer(pointer)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    // Declared by the author's program: it may be missing, or no date at all.
    let declared = record.get("createdAt").and_then(Value::as_str);
    let created = declared.and_then(|text| micros_of(text, &TimeZone::UTC));
    let tag = commit.cid.as_deref().unwrap_or(&commit.rev);
    let embed = Embed::of(record.get("embed"));
    RawEvent::Upsert(Box::new(RawItem {
        native_id,
        version: Version {
            order,
            tag: Arc::from(tag),
        },
        created_at: Timestamp::from_micros(created.unwrap_or(envelope.time_us)),
        author: Some(RawAuthor {
            id: envelope.did.clone(),
            handle: None,
            followers: None,
        }),
        url: Some(format!(
            "https://bsky.app/profile/{}/post/{}",
            envelope.did, commit.rkey
        )),
        text: text.to_owned(),
        format: TextFormat::Plain,
        declared_language: string("/langs/0"),
        parent: string("/reply/parent/uri"),
        quote_of: embed.quote,
        // A repost is a record of its own kind, and is not asked for.
        repost_of: None,
        rating: None,
        place: None,
        has_media: embed.has_media,
        raw: json.to_vec(),
    }))
}

/// What is attached to a post.
#[derive(Default)]
struct Embed {
    quote: Option<String>,
    has_media: bool,
}

impl Embed {
    fn of(embed: Option<&Value>) -> Self {
        let Some(embed) = embed else {
            return Self::default();
        };
        let kind = |value: &Value| {
            let kind = value
                .get("$type")?
                .as_str()?
                .strip_prefix("app.bsky.embed.")?;
            Some(kind.split('#').next().unwrap_or(kind).to_owned())
        };
        let quoted = |pointer| {
            let uri = embed.pointer(pointer)?.as_str()?;
            // Lists, feeds and the like are embedded the same way and are no posts.
            uri.contains(&format!("/{POSTS}/")).then(|| uri.to_owned())
        };
        let is_media = |kind: &str| matches!(kind, "images" | "video" | "gallery");
        match kind(embed).as_deref() {
            Some("record") => Self {
                quote: quoted("/record/uri"),
                has_media: false,
            },
            Some("recordWithMedia") => Self {
                quote: quoted("/record/record/uri"),
                has_media: embed
                    .get("media")
                    .and_then(kind)
                    .is_some_and(|kind| is_media(&kind)),
            },
            Some(kind) => Self {
                quote: None,
                has_media: is_media(kind),
            },
            None => Self::default(),
        }
    }
}

/// Something that cannot be an event, its bytes cut to what is kept.
pub(super) fn unusable(raw: &[u8], reason: Unusable, detail: String) -> RawEvent {
    RawEvent::Unusable {
        raw: raw[..raw.len().min(KEEP_BYTES)].to_vec(),
        reason,
        detail,
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
