//! Which column is which field.

use super::config::{Columns, Names};

/// A field of an item that a column can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Field {
    Id,
    Text,
    Created,
    Edited,
    Author,
    Followers,
    Url,
    Language,
    Rating,
    Place,
}

impl Field {
    /// How many there are.
    pub(super) const COUNT: usize = Self::Place as usize + 1;

    /// Its key in the configuration.
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Text => "text",
            Self::Created => "created",
            Self::Edited => "edited",
            Self::Author => "author",
            Self::Followers => "followers",
            Self::Url => "url",
            Self::Language => "language",
            Self::Rating => "rating",
            Self::Place => "place",
        }
    }
}

/// The values of one record, as text, absent where the record has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields {
    values: [Option<String>; Field::COUNT],
    /// What tells the item apart where it has no id.
    pub(super) identity: Vec<String>,
}

impl Fields {
    /// The value of a field.
    pub(super) fn get(&self, field: Field) -> Option<&str> {
        self.values[field as usize].as_deref()
    }

    /// The value of a field with something in it.
    pub(super) fn filled(&self, field: Field) -> Option<&str> {
        self.get(field)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    /// Sets the value of a field.
    pub(super) fn set(&mut self, field: Field, value: Option<String>) {
        self.values[field as usize] = value;
    }
}

/// Where a record has its fields: at indices (CSV) or under pointers (JSON lines).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout<At> {
    /// Each mapped field, under the name it was found by.
    pub(super) fields: Vec<(Field, String, At)>,
    /// The identity columns.
    pub(super) identity: Vec<(String, At)>,
}

impl<At: Clone> Layout<At> {
    /// Finds every mapped column with `find`, which says what is there when a name is not.
    pub(super) fn new(
        columns: &Columns,
        find: impl Fn(&str) -> Result<At, String>,
    ) -> Result<Self, String> {
        let mapped: [(Field, Option<&Names>); Field::COUNT] = [
            (Field::Id, columns.id.as_ref()),
            (Field::Text, Some(&columns.text)),
            (Field::Created, Some(&columns.created)),
            (Field::Edited, columns.edited.as_ref()),
            (Field::Author, columns.author.as_ref()),
            (Field::Followers, columns.followers.as_ref()),
            (Field::Url, columns.url.as_ref()),
            (Field::Language, columns.language.as_ref()),
            (Field::Rating, columns.rating.as_ref()),
            (Field::Place, columns.place.as_ref()),
        ];
        let mut fields = Vec::new();
        for (field, names) in mapped {
            let Some(names) = names else { continue };
            let (name, at) = first_found(names, &find)
                .map_err(|why| format!("columns.{}: {why}", field.key()))?;
            fields.push((field, name, at));
        }
        let identity = match &columns.identity {
            Some(names) => names
                .iter()
                .map(|name| Ok((name.clone(), find(name)?)))
                .collect::<Result<_, String>>()
                .map_err(|why| format!("columns.identity: {why}"))?,
            None => default_identity(&fields),
        };
        Ok(Self { fields, identity })
    }
}

fn first_found<At>(
    names: &Names,
    find: impl Fn(&str) -> Result<At, String>,
) -> Result<(String, At), String> {
    let mut first_failure = None;
    for name in &names.0 {
        match find(name) {
            Ok(at) => return Ok((name.clone(), at)),
            Err(why) => first_failure = first_failure.or(Some(why)),
        }
    }
    Err(first_failure.unwrap_or_else(|| "names no column".to_owned()))
}

fn default_identity<At: Clone>(fields: &[(Field, String, At)]) -> Vec<(String, At)> {
    let tells_apart = [Field::Author, Field::Created, Field::Text];
    let mut identity = Vec::new();
    for (field, name, at) in fields {
        if tells_apart.contains(field) {
            identity.push((name.clone(), at.clone()));
        }
    }
    identity
}
