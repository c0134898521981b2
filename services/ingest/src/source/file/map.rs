//! From a record's fields to an item.

use super::config::RatingScale;
use super::layout::{Field, Fields};
use super::moment::Clock;
use crate::source::{RawAuthor, RawItem, Unusable};
use crate::text::TextFormat;
use hark_model::{Rating, Timestamp, Version};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Why a record is no item; the detail continues "line 7 ...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    /// Bounded, for metrics.
    pub(super) reason: Unusable,
    /// A sentence's rest.
    pub(super) detail: String,
    /// A spreadsheet has turned its id into a rounded number.
    pub(super) mangled_id: bool,
}

impl Refused {
    /// A record refused for this reason.
    pub(super) fn new(reason: Unusable, detail: String) -> Self {
        Self {
            reason,
            detail,
            mangled_id: false,
        }
    }
}

/// Makes items of fields.
#[derive(Clone, Debug)]
pub(super) struct Mapper {
    /// Reads its times.
    pub(super) clock: Clock,
    /// The scale of its ratings.
    pub(super) scale: Option<RatingScale>,
    /// Items are told apart by an id column, not by a hash.
    pub(super) has_id: bool,
}

impl Mapper {
    /// The item that these fields describe; `raw` is what they were read from.
    pub(super) fn item(&self, fields: &Fields, raw: &[u8]) -> Result<RawItem, Refused> {
        let native_id = self.native_id(fields)?;
        let created = self.time(fields, Field::Created)?.ok_or_else(|| {
            Refused::new(Unusable::MissingField, "has no time of creation".to_owned())
        })?;
        let edited = self.time(fields, Field::Edited)?;
        let owned = |field| fields.filled(field).map(str::to_owned);
        Ok(RawItem {
            native_id,
            version: Version {
                order: edited.unwrap_or(created),
                tag: content_hash(fields),
            },
            created_at: Timestamp::from_micros(created),
            author: fields.filled(Field::Author).map(|author| RawAuthor {
                id: author.to_owned(),
                handle: Some(author.to_owned()),
                followers: fields.filled(Field::Followers).and_then(count),
            }),
            url: owned(Field::Url),
            text: fields.get(Field::Text).unwrap_or_default().to_owned(),
            format: TextFormat::Plain,
            declared_language: owned(Field::Language),
            parent: None,
            quote_of: None,
            repost_of: None,
            rating: self.rating(fields)?,
            place: owned(Field::Place),
            has_media: false,
            raw: raw.to_vec(),
        })
    }

    fn native_id(&self, fields: &Fields) -> Result<String, Refused> {
        if !self.has_id {
            return Ok(identity_hash(&fields.identity));
        }
        let id = fields
            .filled(Field::Id)
            .ok_or_else(|| Refused::new(Unusable::MissingField, "has no id".to_owned()))?;
        if is_mangled(id) {
            let detail = format!("has the id {id}, which a spreadsheet has rounded");
            return Err(Refused {
                reason: Unusable::InvalidField,
                detail,
                mangled_id: true,
            });
        }
        Ok(id.to_owned())
    }

    fn time(&self, fields: &Fields, field: Field) -> Result<Option<i64>, Refused> {
        let Some(text) = fields.filled(field) else {
            return Ok(None);
        };
        self.clock.read(text).map(Some).ok_or_else(|| {
            let (key, expects) = (field.key(), self.clock.expects());
            let detail = format!("has the {key} time {text:?}, which is not {expects}");
            Refused::new(Unusable::InvalidField, detail)
        })
    }

    fn rating(&self, fields: &Fields) -> Result<Option<Rating>, Refused> {
        let (Some(text), Some(scale)) = (fields.filled(Field::Rating), self.scale) else {
            return Ok(None);
        };
        let RatingScale { min, max } = scale;
        match decimal(text) {
            Some(value) if (min..=max).contains(&value) => Ok(Some(Rating { value, min, max })),
            _ => {
                let detail = format!("has the rating {text:?}, which is not from {min} to {max}");
                Err(Refused::new(Unusable::InvalidField, detail))
            }
        }
    }
}

/// A number with a decimal point or comma.
fn decimal(text: &str) -> Option<f64> {
    let number: f64 = match text.contains('.') {
        true => text.parse().ok()?,
        false => text.replacen(',', ".", 1).parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// A number of people; unknown when it is written in a way that leaves doubt.
fn count(text: &str) -> Option<u64> {
    text.parse().ok().or_else(|| {
        let number = decimal(text)?;
        (number >= 0.0 && number.fract() == 0.0 && number < 1e12).then_some(number as u64)
    })
}

/// What spreadsheets make of long numbers: `1.23E+17`, `5,7E+17`.
fn is_mangled(id: &str) -> bool {
    let Some((digits, exponent)) = id.split_once(['E', 'e']) else {
        return false;
    };
    let numeric = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = digits.trim_start_matches('-').splitn(2, ['.', ',']);
    parts
        .next()
        .is_some_and(|whole| whole.len() == 1 && numeric(whole))
        && parts.next().is_none_or(numeric)
        && exponent.strip_prefix('+').is_some_and(numeric)
}

/// Each value behind its length, so that no two lists of values hash alike.
fn hash<'a>(values: impl Iterator<Item = Option<&'a str>>) -> String {
    let mut hash = Sha256::new();
    for value in values {
        match value {
            Some(value) => {
                hash.update((value.len() as u64).to_be_bytes());
                hash.update(value);
            }
            None => hash.update(u64::MAX.to_be_bytes()),
        }
    }
    hex(&hash.finalize())
}

/// The first 32 hexadecimal digits of the identity's SHA-256.
fn identity_hash(identity: &[String]) -> String {
    let mut digits = hash(identity.iter().map(|value| Some(value.trim())));
    digits.truncate(32);
    digits
}

/// The first 16 hexadecimal digits of the content's SHA-256.
fn content_hash(fields: &Fields) -> Arc<str> {
    use Field::{Author, Created, Edited, Followers, Language, Place, Rating, Text, Url};
    let content = [
        Text, Created, Edited, Author, Followers, Url, Language, Rating, Place,
    ];
    Arc::from(&hash(content.into_iter().map(|field| fields.get(field)))[..16])
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            write!(text, "{byte:02x}").expect("a string takes every character");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_a_spreadsheet_rounded_are_recognised() {
        for id in ["5.70306E+17", "1E+15", "1,23E+17", "5.7e+17"] {
            assert!(is_mangled(id), "{id}");
        }
        for id in [
            "570306133677760513",
            "3E",
            "E+17",
            "12E+3",
            "1.2.3E+4",
            "1E5",
            "a1E+3",
            "4e2f",
        ] {
            assert!(!is_mangled(id), "{id}");
        }
    }

    #[test]
    fn a_decimal_comma_is_a_decimal_point() {
        assert_eq!(decimal("4,5"), Some(4.5));
        assert_eq!(decimal("4.5"), Some(4.5));
        assert_eq!(decimal("1,234.5"), None, "neither thousands nor guesses");
        assert_eq!(decimal("inf"), None);
    }

    #[test]
    fn followers_written_with_doubt_are_unknown_not_wrong() {
        assert_eq!(count("1200"), Some(1200));
        assert_eq!(count("1200.0"), Some(1200));
        assert_eq!(count("1.2K"), None);
        assert_eq!(count("-3"), None);
    }

    #[test]
    fn values_cannot_move_between_identity_columns_unseen() {
        let identity = |a: &str, b: &str| identity_hash(&[a.to_owned(), b.to_owned()]);
        assert_ne!(identity("ab", "c"), identity("a", "bc"));
        assert_eq!(identity("ab", "c"), identity(" ab ", "c"));
        assert_eq!(identity("ab", "c").len(), 32);
    }
}
