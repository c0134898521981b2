//! From what was pushed to what the pipeline takes.

use super::item::{Format, PushedItem, PushedRating};
use crate::source::{RawAuthor, RawEvent, RawItem};
use crate::text::TextFormat;
use hark_model::{Rating, Timestamp, Version};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// After every version: what a delete without a time deletes up to.
const FOR_EVER: i64 = i64::MAX / 4;

/// A field that cannot be taken, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadField {
    /// Its name.
    pub(super) field: &'static str,
    /// What is wrong with it.
    pub(super) error: String,
}

/// The event that a pushed item stands for; `raw` is its JSON.
pub(super) fn event(item: PushedItem, raw: &str) -> Result<RawEvent, BadField> {
    let id = item
        .id
        .as_deref()
        .map(str::trim)
        .filter(|id| !id.is_empty());
    let native_id = id.ok_or_else(|| missing("id"))?.to_owned();
    if item.deleted == Some(true) {
        let order = item.deleted_at.map_or(FOR_EVER, |moment| moment.0);
        let version = Version {
            order,
            tag: Arc::from("deleted"),
        };
        return Ok(RawEvent::Delete {
            native_id,
            version,
            author: item.author.map(|a| a.id),
        });
    }
    upsert(native_id, item, raw).map(|item| RawEvent::Upsert(Box::new(item)))
}

fn upsert(native_id: String, item: PushedItem, raw: &str) -> Result<RawItem, BadField> {
    let created = item.created_at.ok_or_else(|| missing("created_at"))?.0;
    let order = item.edited_at.map_or(created, |moment| moment.0);
    let tag = content_hash(&item);
    let author = item.author.map(|author| RawAuthor {
        id: author.id,
        handle: author.handle.or(author.name),
        followers: author.followers,
    });
    if author
        .as_ref()
        .is_some_and(|author| author.id.trim().is_empty())
    {
        return Err(missing("author.id"));
    }
    Ok(RawItem {
        native_id,
        version: Version { order, tag },
        created_at: Timestamp::from_micros(created),
        author,
        url: item.url,
        text: item.text.ok_or_else(|| missing("text"))?,
        format: match item.format.unwrap_or(Format::Plain) {
            Format::Plain => TextFormat::Plain,
            Format::Html => TextFormat::Html,
            Format::Markdown => TextFormat::Markdown,
        },
        declared_language: item.lang,
        parent: item.parent_id,
        quote_of: item.quote_of,
        repost_of: item.repost_of,
        rating: item.rating.map(rating).transpose()?,
        place: item.place,
        has_media: item.has_media.unwrap_or(false),
        raw: raw.as_bytes().to_vec(),
    })
}

fn rating(PushedRating { value, min, max }: PushedRating) -> Result<Rating, BadField> {
    if min < max && (min..=max).contains(&value) {
        return Ok(Rating { value, min, max });
    }
    let error = format!("{value} is not a rating from {min} to {max}");
    Err(BadField {
        field: "rating",
        error,
    })
}

fn missing(field: &'static str) -> BadField {
    BadField {
        field,
        error: format!("{field} is missing"),
    }
}

/// Tells contents of one time apart: the first 16 hexadecimal digits of a SHA-256 of all that
/// was said, whatever the order of the keys.
fn content_hash(item: &PushedItem) -> Arc<str> {
    let digest = Sha256::digest(format!("{item:?}"));
    let digits: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Arc::from(digits)
}
