//! From what a source says to what may be written.

use crate::config::Config;
use crate::pseudonym::Pseudonyms;
use crate::query::{Document, Matcher, QuerySet};
use crate::source::{RawEvent, RawItem, Unusable};
use crate::text::{self, LanguageDetector, Limits};
use hark_model::{
    Author, AuthorDelete, AuthorKey, Gap, Item, ItemDelete, ItemEvent, ItemId, SourceId, Timestamp,
};
use std::sync::Arc;

/// Prepares the events of one source: normalises, masks, matches. Keeps nothing between events.
#[derive(Debug)]
pub struct Pipeline {
    source: SourceId,
    matcher: Matcher,
    pseudonyms: Pseudonyms,
    limits: Limits,
    languages: LanguageDetector,
}

/// What an event has become.
#[derive(Clone, Debug, PartialEq)]
pub enum Prepared {
    /// About an item: to be written unless it is known.
    Item(Box<Item>),
    /// An item that names no brand: nobody asked for it, unless an older version did name one.
    Unmatched(ItemDelete),
    /// An item is gone.
    Delete(ItemDelete),
    /// An author is gone.
    AuthorDelete(AuthorDelete),
    /// The source missed something.
    Gap(Gap),
    /// A dead letter.
    Unusable {
        /// The bytes as received.
        raw: Vec<u8>,
        /// Why, for counting.
        reason: Unusable,
        /// Why, in a sentence.
        detail: String,
    },
}

/// The longest native id that is taken as it is; no source is known to have longer ones.
const MAX_ID_BYTES: usize = 1_024;

impl Pipeline {
    /// A pipeline for one source.
    pub fn new(
        source: SourceId,
        queries: Arc<QuerySet>,
        pseudonyms: Pseudonyms,
        config: &Config,
    ) -> Self {
        // With none all are expected, those that queries ask for among them.
        let expected = config.languages.iter().map(String::as_str);
        let asked_for = queries.languages().filter(|_| !config.languages.is_empty());
        Self {
            source,
            languages: LanguageDetector::new(expected.chain(asked_for)),
            matcher: Matcher::new(Arc::clone(&queries)),
            pseudonyms,
            limits: Limits {
                max_bytes: config.max_text_bytes,
            },
        }
    }

    /// The source whose events these are.
    pub fn source(&self) -> &SourceId {
        &self.source
    }

    /// See [`Pseudonyms::mark`].
    pub fn pepper_mark(&self) -> [u8; 16] {
        self.pseudonyms.mark()
    }

    /// Prepares one event that arrived at `now`.
    pub fn prepare(&mut self, event: RawEvent, now: Timestamp) -> Prepared {
        match event {
            RawEvent::Upsert(raw) => self.item(*raw, now),
            RawEvent::Delete {
                native_id,
                version,
                author,
            } => Prepared::Delete(ItemDelete {
                id: self.id(&native_id),
                version,
                author: author.map(|author| self.author_key(&author)),
                arrived_at: now,
            }),
            RawEvent::AuthorDelete { author, version } => Prepared::AuthorDelete(AuthorDelete {
                source: self.source.clone(),
                author: self.author_key(&author),
                version,
                arrived_at: now,
            }),
            RawEvent::Gap { from, to, reason } => Prepared::Gap(Gap {
                source: self.source.clone(),
                from,
                to,
                reason: Arc::from(reason),
            }),
            RawEvent::Unusable {
                raw,
                reason,
                detail,
            } => Prepared::Unusable {
                raw,
                reason,
                detail,
            },
        }
    }

    fn id(&self, native_id: &str) -> ItemId {
        ItemId {
            source: self.source.clone(),
            native_id: Arc::from(native_id),
        }
    }

    fn author_key(&self, author: &str) -> AuthorKey {
        self.pseudonyms.of(&self.source, author)
    }

    fn item(&mut self, raw: RawItem, now: Timestamp) -> Prepared {
        if raw.native_id.is_empty() || raw.native_id.len() > MAX_ID_BYTES {
            let detail = format!(
                "an id must have 1 to {MAX_ID_BYTES} bytes, this one has {}; mend it at the source",
                raw.native_id.len()
            );
            return Prepared::Unusable {
                raw: raw.raw,
                reason: Unusable::InvalidField,
                detail,
            };
        }
        let prepared = text::prepare(&raw.text, raw.format, &self.limits);
        let author = raw.author.as_ref().filter(|author| !author.id.is_empty());
        let handle = raw
            .author
            .as_ref()
            .and_then(|author| author.handle.as_deref());
        let document = Document {
            text: &prepared.text,
            author_handle: handle,
            author_name: None,
            url: raw.url.as_deref(),
            language: None,
        };
        // Detecting a language takes many times as long as all else here: only for those that
        // may name a brand.
        let (matches, detected) = if self.matcher.may_match(&document) {
            let detected = self.languages.detect(&prepared.text);
            let matches = self.matcher.matches(&Document {
                language: detected.or(raw.declared_language.as_deref()),
                ..document
            });
            (matches, detected)
        } else {
            (Vec::new(), None)
        };
        let author = author.map(|author| Author {
            key: self.author_key(&author.id),
            reach: author.followers,
        });
        let id = self.id(&raw.native_id);
        if matches.is_empty() {
            let author = author.map(|author| author.key);
            return Prepared::Unmatched(ItemDelete {
                id,
                version: raw.version,
                author,
                arrived_at: now,
            });
        }
        let other = |native_id: Option<String>| native_id.map(|native_id| self.id(&native_id));
        Prepared::Item(Box::new(Item {
            version: raw.version,
            created_at: raw.created_at,
            arrived_at: now,
            author,
            url: raw.url.map(Arc::from),
            text: Arc::from(prepared.text),
            language: detected.map(Arc::from),
            declared_language: raw.declared_language.map(Arc::from),
            parent: other(raw.parent),
            quote_of: other(raw.quote_of),
            repost_of: other(raw.repost_of),
            rating: raw.rating,
            place: raw.place.map(Arc::from),
            has_media: raw.has_media,
            matches,
            redactions: prepared.redactions,
            id,
        }))
    }
}

impl Prepared {
    /// As the items topic has it; `None` for what is not written there.
    pub(crate) fn into_event(self) -> Option<ItemEvent> {
        match self {
            Self::Item(item) => Some(ItemEvent::Upsert(item)),
            Self::Unmatched(delete) | Self::Delete(delete) => Some(ItemEvent::Delete(delete)),
            Self::AuthorDelete(delete) => Some(ItemEvent::AuthorDelete(delete)),
            Self::Gap(gap) => Some(ItemEvent::Gap(gap)),
            Self::Unusable { .. } => None,
        }
    }
}
