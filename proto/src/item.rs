//! `hark.v1.ItemEvent`.

use crate::common::{Label, author_key, id, labels, list, optional, owned, required, shared};
use crate::{FieldError, v1, wire};
use hark_model as model;
use model::Timestamp;
use std::sync::Arc;
use v1::item_event::Event;

wire!(ItemEvent, 1);

labels!(PersonalData { Email = Email, Phone = Phone, Card = Card, Iban = Iban, IpAddress = Ip });

impl From<&model::ItemEvent> for v1::ItemEvent {
    fn from(event: &model::ItemEvent) -> Self {
        let event = match event {
            model::ItemEvent::Upsert(item) => Event::Upsert((&**item).into()),
            model::ItemEvent::Delete(delete) => Event::Delete(delete.into()),
            model::ItemEvent::AuthorDelete(delete) => Event::AuthorDelete(delete.into()),
            model::ItemEvent::Gap(gap) => Event::Gap(gap.into()),
        };
        Self { event: Some(event) }
    }
}

impl TryFrom<v1::ItemEvent> for model::ItemEvent {
    type Error = FieldError;

    fn try_from(wire: v1::ItemEvent) -> Result<Self, FieldError> {
        Ok(match wire.event {
            Some(Event::Upsert(item)) => Self::Upsert(Box::new(required("upsert", Some(item))?)),
            Some(Event::Delete(delete)) => Self::Delete(required("delete", Some(delete))?),
            Some(Event::AuthorDelete(delete)) => {
                Self::AuthorDelete(required("author_delete", Some(delete))?)
            }
            Some(Event::Gap(gap)) => Self::Gap(required("gap", Some(gap))?),
            None => return Err(FieldError::missing("event")),
        })
    }
}

impl From<&model::Item> for v1::Item {
    fn from(item: &model::Item) -> Self {
        Self {
            id: Some((&item.id).into()),
            version: Some((&item.version).into()),
            created_at_ms: item.created_at.millis(),
            arrived_at_ms: item.arrived_at.millis(),
            author: item.author.as_ref().map(Into::into),
            url: owned(item.url.as_ref()),
            text: item.text.to_string(),
            language: owned(item.language.as_ref()),
            declared_language: owned(item.declared_language.as_ref()),
            parent: item.parent.as_ref().map(Into::into),
            quote_of: item.quote_of.as_ref().map(Into::into),
            repost_of: item.repost_of.as_ref().map(Into::into),
            rating: item.rating.as_ref().map(Into::into),
            place: owned(item.place.as_ref()),
            has_media: item.has_media,
            matches: item.matches.iter().map(Into::into).collect(),
            redactions: item.redactions.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::Item> for model::Item {
    type Error = FieldError;

    fn try_from(wire: v1::Item) -> Result<Self, FieldError> {
        let matches: Vec<model::BrandMatch> = list("matches", wire.matches)?;
        for (index, found) in matches.iter().enumerate() {
            spans_fit(found, &wire.text)
                .map_err(|error| error.under(format_args!("matches[{index}]")))?;
        }
        Ok(Self {
            id: required("id", wire.id)?,
            version: required("version", wire.version)?,
            created_at: Timestamp::from_millis(wire.created_at_ms),
            arrived_at: Timestamp::from_millis(wire.arrived_at_ms),
            author: optional("author", wire.author)?,
            url: shared(wire.url),
            text: Arc::from(wire.text),
            language: shared(wire.language),
            declared_language: shared(wire.declared_language),
            parent: optional("parent", wire.parent)?,
            quote_of: optional("quote_of", wire.quote_of)?,
            repost_of: optional("repost_of", wire.repost_of)?,
            rating: optional("rating", wire.rating)?,
            place: shared(wire.place),
            has_media: wire.has_media,
            matches,
            redactions: wire.redactions.iter().filter_map(redaction).collect(),
        })
    }
}

/// Whoever shows a match cuts the text at its spans, which must not be able to panic.
fn spans_fit(found: &model::BrandMatch, text: &str) -> Result<(), FieldError> {
    for (index, span) in found.spans.iter().enumerate() {
        if text.get(span.clone()).is_none() {
            return Err(FieldError::invalid(
                &format!("spans[{index}]"),
                format!(
                    "bytes {}..{} are no stretch of whole characters of a text of {} bytes",
                    span.start,
                    span.end,
                    text.len()
                ),
            ));
        }
    }
    Ok(())
}

impl From<&model::Author> for v1::Author {
    fn from(author: &model::Author) -> Self {
        Self {
            author_key: author.key.to_string(),
            reach: author.reach,
        }
    }
}

impl TryFrom<v1::Author> for model::Author {
    type Error = FieldError;

    fn try_from(wire: v1::Author) -> Result<Self, FieldError> {
        Ok(Self {
            key: author_key("author_key", &wire.author_key)?,
            reach: wire.reach,
        })
    }
}

impl From<&model::BrandMatch> for v1::BrandMatch {
    fn from(found: &model::BrandMatch) -> Self {
        let spans = found.spans.iter();
        Self {
            brand: found.brand.to_string(),
            clause: found.clause.to_string(),
            spans: spans
                .map(|span| v1::ByteRange {
                    start: span.start as u64,
                    end: span.end as u64,
                })
                .collect(),
        }
    }
}

impl TryFrom<v1::BrandMatch> for model::BrandMatch {
    type Error = FieldError;

    fn try_from(wire: v1::BrandMatch) -> Result<Self, FieldError> {
        let mut spans = Vec::with_capacity(wire.spans.len());
        for (index, v1::ByteRange { start, end }) in wire.spans.iter().enumerate() {
            match (usize::try_from(*start), usize::try_from(*end)) {
                (Ok(start), Ok(end)) if start <= end => spans.push(start..end),
                _ => {
                    return Err(FieldError::invalid(
                        &format!("spans[{index}]"),
                        format!("it starts at byte {start} and ends at byte {end}"),
                    ));
                }
            }
        }
        Ok(Self {
            brand: id("brand", &wire.brand)?,
            clause: Arc::from(wire.clause),
            spans,
        })
    }
}

impl From<&model::Redaction> for v1::Redaction {
    fn from(redaction: &model::Redaction) -> Self {
        Self {
            kind: redaction.kind.number(),
            count: redaction.count,
        }
    }
}

/// `None` for a kind this reader does not know.
fn redaction(wire: &v1::Redaction) -> Option<model::Redaction> {
    Some(model::Redaction {
        kind: Label::from_number(wire.kind)?,
        count: wire.count,
    })
}
