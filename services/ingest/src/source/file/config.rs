//! What an operator says about a file.

use serde::Deserialize;
use std::path::PathBuf;

/// How a file is read: the keys of a `[[source]]` of kind `file`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    /// The file, read at every start; absent for a mapping that only `hark import` uses.
    pub path: Option<PathBuf>,
    /// CSV or JSON lines; by the file's ending when absent.
    pub format: Option<FileFormat>,
    /// CSV only; comma, semicolon or tab by the first line when absent.
    pub delimiter: Option<char>,
    /// A name the WHATWG Encoding Standard knows; UTF-8 when absent. A byte order mark wins.
    pub encoding: Option<String>,
    /// Where each field is found.
    pub columns: Columns,
    /// How times are written.
    #[serde(default)]
    pub time: TimeConfig,
    /// The scale of the rating column; needed with one.
    pub rating_scale: Option<RatingScale>,
}

/// What kind of file it is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Comma-separated values with a header line (RFC 4180 and what is met beside it).
    Csv,
    /// One JSON object a line.
    Jsonl,
}

/// Where each field is found: column names for CSV, JSON pointers for JSON lines.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The item's id; absent: a hash of `identity`.
    pub id: Option<Names>,
    /// The columns that together tell items apart; absent: author, created and text.
    pub identity: Option<Vec<String>>,
    /// The text; may be empty in a row.
    pub text: Names,
    /// When it was written.
    pub created: Names,
    /// When it was last edited; orders the versions of an item.
    pub edited: Option<Names>,
    /// Who wrote it.
    pub author: Option<Names>,
    /// How many follow the author.
    pub followers: Option<Names>,
    /// Where a person can read it.
    pub url: Option<Names>,
    /// The declared language.
    pub language: Option<Names>,
    /// The score given.
    pub rating: Option<Names>,
    /// The place it is about.
    pub place: Option<Names>,
}

/// One name, or several of which the first that the file has counts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(from = "OneOrMany")]
pub struct Names(pub Vec<String>);

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a column name, or a list of names of which the first found counts"
)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Names {
    fn from(names: OneOrMany) -> Self {
        match names {
            OneOrMany::One(name) => Self(vec![name]),
            OneOrMany::Many(names) => Self(names),
        }
    }
}

/// How times are written.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct TimeConfig {
    /// strftime; absent: RFC 3339, or seconds, milliseconds or microseconds since the epoch.
    pub format: Option<String>,
    /// The IANA zone of times that carry none; UTC when absent.
    pub zone: Option<String>,
}

/// A rating's scale.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct RatingScale {
    /// Its least value.
    pub min: f64,
    /// Its greatest value.
    pub max: f64,
}

impl FileConfig {
    /// Says what is wrong with the configuration itself, before any file is opened.
    pub fn check(&self) -> Result<(), String> {
        let columns = &self.columns;
        if columns.id.is_some() && columns.identity.is_some() {
            return Err("columns.id and columns.identity exclude each other: give one".into());
        }
        if columns.identity.as_ref().is_some_and(Vec::is_empty) {
            return Err("columns.identity names no column".into());
        }
        if columns.text.0.is_empty() || columns.created.0.is_empty() {
            return Err("columns.text and columns.created need a column name each".into());
        }
        if columns.rating.is_some() && self.rating_scale.is_none() {
            return Err("a rating column needs [source.rating_scale] with min and max".into());
        }
        if let Some(scale) = self.rating_scale
            && !(scale.min < scale.max && (scale.max - scale.min).is_finite())
        {
            return Err(format!(
                "rating_scale: min {} is not below max {}",
                scale.min, scale.max
            ));
        }
        match self.delimiter {
            Some(c) if !c.is_ascii() || "\"\r\n".contains(c) => Err(format!(
                "delimiter {c:?} cannot be one: use a comma, semicolon or tab"
            )),
            _ => super::moment::Clock::new(&self.time).map(drop),
        }
    }
}
