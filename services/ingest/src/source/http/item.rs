//! An item as it is pushed.

use crate::source::file::moment::{micros_of, micros_of_integer, micros_of_number};
use jiff::tz::TimeZone;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// What one JSON object of a request says. Unknown and repeated keys are refused.
///
/// ```json
/// {
///   "id": "ticket-4711",
///   "text": "Still waiting for my luggage, two days now.",
///   "created_at": "2026-07-04T14:38:08Z",
///   "edited_at": "2026-07-04T15:02:00Z",
///   "author": { "id": "u-17", "handle": "mira", "followers": 120 },
///   "url": "https://forum.example.org/t/4711",
///   "lang": "en",
///   "format": "plain",
///   "parent_id": "ticket-4700",
///   "rating": { "value": 2, "min": 1, "max": 5 },
///   "place": "Lisbon",
///   "has_media": false
/// }
/// ```
///
/// Needed are `id`, `text` (which may be empty) and `created_at`; times are RFC 3339, or seconds
/// or milliseconds since 1970. `id` and version tell items apart, so that a request may be
/// repeated; an edit carries the id of the item, a new text and `edited_at`.
///
/// An item that is gone is pushed as `{"id": "ticket-4711", "deleted": true}`: nothing of this id
/// is taken any more. With `deleted_at` it deletes what was written up to then, and a later
/// version is taken again.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PushedItem {
    /// Its id at its source; needed.
    pub(super) id: Option<String>,
    /// Its text, which may be empty; needed.
    pub(super) text: Option<String>,
    /// When it was written; needed.
    pub(super) created_at: Option<Moment>,
    /// When it was last edited.
    pub(super) edited_at: Option<Moment>,
    /// Who wrote it.
    pub(super) author: Option<PushedAuthor>,
    /// Where a person can read it.
    pub(super) url: Option<String>,
    /// Its language as its source declares it.
    pub(super) lang: Option<String>,
    /// What the text is written in; plain when absent.
    pub(super) format: Option<Format>,
    /// Id of the item it answers.
    pub(super) parent_id: Option<String>,
    /// Id of the item it quotes.
    pub(super) quote_of: Option<String>,
    /// Id of the item it repeats without a word of its own.
    pub(super) repost_of: Option<String>,
    /// The score given.
    pub(super) rating: Option<PushedRating>,
    /// The place it is about.
    pub(super) place: Option<String>,
    /// It carries pictures or video.
    pub(super) has_media: Option<bool>,
    /// It is gone.
    pub(super) deleted: Option<bool>,
    /// When it was deleted.
    pub(super) deleted_at: Option<Moment>,
}

/// Who wrote it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PushedAuthor {
    /// What identifies them at the source.
    pub(super) id: String,
    /// Their handle.
    pub(super) handle: Option<String>,
    /// Their name; counts where there is no handle.
    pub(super) name: Option<String>,
    /// How many follow them.
    pub(super) followers: Option<u64>,
}

/// A score with its scale.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PushedRating {
    /// The score given.
    pub(super) value: f64,
    /// The scale's least value.
    pub(super) min: f64,
    /// The scale's greatest value.
    pub(super) max: f64,
}

/// What a text is written in.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Plain,
    Html,
    Markdown,
}

/// Microseconds since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment(pub(super) i64);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(MomentVisitor)
    }
}

struct MomentVisitor;

impl Visitor<'_> for MomentVisitor {
    type Value = Moment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time as RFC 3339, or seconds or milliseconds since 1970")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Moment, E> {
        let micros = micros_of(text, &TimeZone::UTC);
        micros
            .map(Moment)
            .ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Moment, E> {
        let micros = micros_of_integer(number);
        micros
            .map(Moment)
            .ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Moment, E> {
        let micros = i64::try_from(number).ok().and_then(micros_of_integer);
        micros
            .map(Moment)
            .ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Moment, E> {
        let micros = micros_of_number(number);
        micros
            .map(Moment)
            .ok_or_else(|| E::invalid_value(Unexpected::Float(number), &self))
    }
}
