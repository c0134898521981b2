//! Conversions several messages share, and the checks they are made of.

use crate::{FieldError, v1};
use hark_model as model;
use std::sync::Arc;

type Checked<T> = Result<T, FieldError>;

/// A label of the model with its enum number.
pub(crate) trait Label: Copy {
    /// Its number on the wire; never 0.
    fn number(self) -> i32;
    /// The label with this number; `None` for 0 and for numbers of a newer version.
    fn from_number(number: i32) -> Option<Self>;
}

/// Pairs the variants of a model's enum with those of the generated one.
macro_rules! labels {
    ($name:ident { $($variant:ident = $wire:ident),+ $(,)? }) => {
        impl crate::common::Label for hark_model::$name {
            fn number(self) -> i32 {
                match self {
                    $(Self::$variant => crate::v1::$name::$wire as i32),+
                }
            }

            fn from_number(number: i32) -> Option<Self> {
                match crate::v1::$name::try_from(number) {
                    $(Ok(crate::v1::$name::$wire) => Some(Self::$variant),)+
                    Ok(crate::v1::$name::Unspecified) | Err(_) => None,
                }
            }
        }
    };
}
pub(crate) use labels;

labels!(Sentiment { Negative = Negative, Neutral = Neutral, Positive = Positive });
labels!(Standing {
    Promoter = Promoter,
    Passive = Passive,
    Detractor = Detractor,
    Provisional = Provisional,
});

/// The label of a field that must have one.
pub(crate) fn label<L: Label>(field: &str, number: i32) -> Checked<L> {
    match L::from_number(number) {
        Some(label) => Ok(label),
        None if number == 0 => Err(FieldError::missing(field)),
        None => Err(FieldError::unknown(field, number)),
    }
}

/// An identifier: any text but an empty one.
pub(crate) fn id<T: for<'a> From<&'a str>>(field: &str, text: &str) -> Checked<T> {
    if text.is_empty() {
        Err(FieldError::missing(field))
    } else {
        Ok(T::from(text))
    }
}

/// A list of identifiers.
pub(crate) fn ids<T: for<'a> From<&'a str>>(field: &str, texts: &[String]) -> Checked<Vec<T>> {
    let each = texts.iter().enumerate();
    each.map(|(index, text)| id(&format!("{field}[{index}]"), text))
        .collect()
}

/// Texts of identifiers.
pub(crate) fn texts<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(T::to_string).collect()
}

/// A message that must be there.
pub(crate) fn required<W, M>(field: &str, message: Option<W>) -> Checked<M>
where
    M: TryFrom<W, Error = FieldError>,
{
    let message = message.ok_or_else(|| FieldError::missing(field))?;
    message
        .try_into()
        .map_err(|error: FieldError| error.under(field))
}

/// A message that may be absent.
pub(crate) fn optional<W, M>(field: &str, message: Option<W>) -> Checked<Option<M>>
where
    M: TryFrom<W, Error = FieldError>,
{
    let converted = message.map(M::try_from).transpose();
    converted.map_err(|error| error.under(field))
}

/// A list of messages.
pub(crate) fn list<W, M>(field: &str, messages: Vec<W>) -> Checked<Vec<M>>
where
    M: TryFrom<W, Error = FieldError>,
{
    let each = messages.into_iter().enumerate();
    each.map(|(index, message)| {
        M::try_from(message).map_err(|error| error.under(format_args!("{field}[{index}]")))
    })
    .collect()
}

/// An author's pseudonym.
pub(crate) fn author_key(field: &str, text: &str) -> Checked<model::AuthorKey> {
    if text.is_empty() {
        return Err(FieldError::missing(field));
    }
    model::AuthorKey::parse(text).map_err(|error| FieldError::invalid(field, error.to_string()))
}

/// An author's pseudonym that may be absent.
pub(crate) fn optional_author_key(
    field: &str,
    text: Option<&str>,
) -> Checked<Option<model::AuthorKey>> {
    text.map(|text| author_key(field, text)).transpose()
}

/// A number that is one: everything computed from NaN or infinity would be lost.
pub(crate) fn finite<F: Copy + Into<f64>>(field: &str, number: F) -> Checked<F> {
    let wide: f64 = number.into();
    if wide.is_finite() {
        Ok(number)
    } else {
        Err(FieldError::invalid(
            field,
            format!("{wide} is not a finite number"),
        ))
    }
}

/// A text that may be absent, for the model.
pub(crate) fn shared(text: Option<String>) -> Option<Arc<str>> {
    text.map(Arc::from)
}

/// A text that may be absent, for the wire.
pub(crate) fn owned(text: Option<&Arc<str>>) -> Option<String> {
    text.map(|text| text.to_string())
}

impl From<&model::ItemId> for v1::ItemId {
    fn from(id: &model::ItemId) -> Self {
        Self {
            source: id.source.to_string(),
            native_id: id.native_id.to_string(),
        }
    }
}

impl TryFrom<v1::ItemId> for model::ItemId {
    type Error = FieldError;

    fn try_from(wire: v1::ItemId) -> Checked<Self> {
        Ok(Self {
            source: id("source", &wire.source)?,
            native_id: id("native_id", &wire.native_id)?,
        })
    }
}

impl From<&model::Version> for v1::Version {
    fn from(version: &model::Version) -> Self {
        Self {
            order_us: version.order,
            tag: version.tag.to_string(),
        }
    }
}

impl TryFrom<v1::Version> for model::Version {
    type Error = FieldError;

    fn try_from(wire: v1::Version) -> Checked<Self> {
        Ok(Self {
            order: wire.order_us,
            tag: Arc::from(wire.tag),
        })
    }
}

impl From<&model::Rating> for v1::Rating {
    fn from(rating: &model::Rating) -> Self {
        Self {
            value: rating.value,
            min: rating.min,
            max: rating.max,
        }
    }
}

impl TryFrom<v1::Rating> for model::Rating {
    type Error = FieldError;

    fn try_from(wire: v1::Rating) -> Checked<Self> {
        Ok(Self {
            value: finite("value", wire.value)?,
            min: finite("min", wire.min)?,
            max: finite("max", wire.max)?,
        })
    }
}

impl From<&model::ItemDelete> for v1::ItemDelete {
    fn from(delete: &model::ItemDelete) -> Self {
        Self {
            id: Some((&delete.id).into()),
            version: Some((&delete.version).into()),
            author_key: delete.author.map(|key| key.to_string()),
            arrived_at_ms: delete.arrived_at.millis(),
        }
    }
}

impl TryFrom<v1::ItemDelete> for model::ItemDelete {
    type Error = FieldError;

    fn try_from(wire: v1::ItemDelete) -> Checked<Self> {
        Ok(Self {
            id: required("id", wire.id)?,
            version: required("version", wire.version)?,
            author: optional_author_key("author_key", wire.author_key.as_deref())?,
            arrived_at: model::Timestamp::from_millis(wire.arrived_at_ms),
        })
    }
}

impl From<&model::AuthorDelete> for v1::AuthorDelete {
    fn from(delete: &model::AuthorDelete) -> Self {
        Self {
            source: delete.source.to_string(),
            author_key: delete.author.to_string(),
            version: Some((&delete.version).into()),
            arrived_at_ms: delete.arrived_at.millis(),
        }
    }
}

impl TryFrom<v1::AuthorDelete> for model::AuthorDelete {
    type Error = FieldError;

    fn try_from(wire: v1::AuthorDelete) -> Checked<Self> {
        Ok(Self {
            source: id("source", &wire.source)?,
            author: author_key("author_key", &wire.author_key)?,
            version: required("version", wire.version)?,
            arrived_at: model::Timestamp::from_millis(wire.arrived_at_ms),
        })
    }
}

impl From<&model::Gap> for v1::Gap {
    fn from(gap: &model::Gap) -> Self {
        Self {
            source: gap.source.to_string(),
            from_ms: gap.from.millis(),
            to_ms: gap.to.millis(),
            reason: gap.reason.to_string(),
        }
    }
}

impl TryFrom<v1::Gap> for model::Gap {
    type Error = FieldError;

    fn try_from(wire: v1::Gap) -> Checked<Self> {
        Ok(Self {
            source: id("source", &wire.source)?,
            from: model::Timestamp::from_millis(wire.from_ms),
            to: model::Timestamp::from_millis(wire.to_ms),
            reason: Arc::from(wire.reason),
        })
    }
}
