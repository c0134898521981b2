//! What a source published.

use crate::{AuthorKey, BrandId, ItemId, SourceId, Timestamp};
use std::ops::Range;
use std::sync::Arc;

/// The order of an item's versions, and which one this is.
///
/// The version with the greater `order` wins; on a tie the greater `tag` does, so that every
/// reader picks the same winner whatever arrived first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Version {
    /// Microseconds since the Unix epoch at which the source made this version, or, where it
    /// does not say, at which it was created. Only compared with versions of the same item.
    pub order: i64,
    /// The source's own name for the version (a cid, an edit number) or a hash of the content.
    pub tag: Arc<str>,
}

/// What a source says about an item, an author, or itself.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemEvent {
    /// The item was created or edited.
    Upsert(Box<Item>),
    /// The item is gone at its source.
    Delete(ItemDelete),
    /// The author is gone at the source, with everything they wrote up to then.
    AuthorDelete(AuthorDelete),
    /// The source missed something: what it touches is incomplete.
    Gap(Gap),
}

/// One post, comment, review, ticket or survey answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What identifies it.
    pub id: ItemId,
    /// Which version of it this is.
    pub version: Version,
    /// When the source says it was written. Declared by clients at several sources: may be
    /// 1970 or next year. Event time is derived from it and clamped, see [`Item::event_time`].
    pub created_at: Timestamp,
    /// When hark received it.
    pub arrived_at: Timestamp,
    /// Who wrote it; absent when the source does not say.
    pub author: Option<Author>,
    /// Where a person can read it.
    pub url: Option<Arc<str>>,
    /// Plain text, normalised, with personal data masked. May be empty (a picture, a rating).
    pub text: Arc<str>,
    /// Language found in the text (ISO 639-3); absent when the detector is not sure.
    pub language: Option<Arc<str>>,
    /// Language declared by the source, verbatim; a weak hint.
    pub declared_language: Option<Arc<str>>,
    /// The item this one answers.
    pub parent: Option<ItemId>,
    /// The item it quotes.
    pub quote_of: Option<ItemId>,
    /// The item it repeats without a word of its own; counted apart.
    pub repost_of: Option<ItemId>,
    /// The score its author gave.
    pub rating: Option<Rating>,
    /// The place it is about, as the source names it.
    pub place: Option<Arc<str>>,
    /// It carries pictures or video.
    pub has_media: bool,
    /// The brands whose query it matched, each with the evidence. Never two of one brand.
    pub matches: Vec<BrandMatch>,
    /// What was masked in the text.
    pub redactions: Vec<Redaction>,
}

impl Item {
    /// How far past its arrival an event may claim to be.
    pub const MAX_AHEAD: crate::Span = crate::Span::from_minutes(5);

    /// When it happened: the declared time, clamped to arrival plus five minutes.
    pub fn event_time(&self) -> Timestamp {
        self.created_at.min(self.arrived_at + Self::MAX_AHEAD)
    }
}

/// An item's author, pseudonymous.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// The pseudonym.
    pub key: AuthorKey,
    /// Followers; `None` when unknown, which is not zero.
    pub reach: Option<u64>,
}

/// A score with its scale. NPS comes only from 0–10 answers; stars are never called NPS.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rating {
    /// The score given.
    pub value: f64,
    /// The scale's least value.
    pub min: f64,
    /// The scale's greatest value.
    pub max: f64,
}

/// Why an item counts as being about a brand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandMatch {
    /// The brand.
    pub brand: BrandId,
    /// The clause of its query that matched, as written in the configuration.
    pub clause: Arc<str>,
    /// Where in the item's text it matched: byte ranges, in order. Empty when the clause looked
    /// at something else (author, site, language).
    pub spans: Vec<Range<usize>>,
}

/// A kind of personal data that is masked before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PersonalData {
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A payment card number with a valid check digit.
    Card,
    /// An international bank account number with valid check digits.
    Iban,
    /// An IPv4 or IPv6 address.
    IpAddress,
}

impl PersonalData {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Email,
        Self::Phone,
        Self::Card,
        Self::Iban,
        Self::IpAddress,
    ];

    /// The id used in masks, metrics and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Card => "card",
            Self::Iban => "iban",
            Self::IpAddress => "ip",
        }
    }
}

/// How much of one kind was masked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// What it was.
    pub kind: PersonalData,
    /// How many of it.
    pub count: u32,
}

/// The item is gone at its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemDelete {
    /// Which item.
    pub id: ItemId,
    /// Deletes every version up to this order.
    pub version: Version,
    /// Its author, where the source says.
    pub author: Option<AuthorKey>,
    /// When hark learnt of it.
    pub arrived_at: Timestamp,
}

/// An author is gone at a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorDelete {
    /// Where.
    pub source: SourceId,
    /// Who.
    pub author: AuthorKey,
    /// Everything of theirs up to this order goes.
    pub version: Version,
    /// When hark learnt of it.
    pub arrived_at: Timestamp,
}

/// A stretch of time in which a source may have missed items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Which source.
    pub source: SourceId,
    /// The first moment that may be missing.
    pub from: Timestamp,
    /// The first moment that is complete again.
    pub to: Timestamp,
    /// Why, in a sentence for an operator.
    pub reason: Arc<str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greater_order_wins_and_the_tag_decides_a_tie() {
        let version = |order, tag: &str| Version {
            order,
            tag: Arc::from(tag),
        };
        assert!(version(2, "a") > version(1, "b"));
        assert!(version(1, "b") > version(1, "a"));
    }
}
