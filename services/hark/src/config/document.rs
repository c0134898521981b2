//! A TOML document that remembers where everything stands, and the mistakes found in it.

use serde::de::DeserializeOwned;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

/// The mistakes found so far, each with its place.
pub(super) struct Problems<'a> {
    path: &'a Path,
    text: &'a str,
    found: Vec<(usize, String)>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        Self {
            path,
            text,
            found: Vec::new(),
        }
    }

    /// Notes a mistake at a byte of the file.
    pub(super) fn add(&mut self, at: usize, message: impl Into<String>) {
        self.found.push((at, message.into()));
    }

    pub(super) fn add_toml(&mut self, error: &toml::de::Error) {
        let at = error.span().map_or(0, |span| span.start);
        self.add(at, error.message().to_owned());
    }

    /// Every mistake as `file:line:column: message`, in the order of the file.
    pub(super) fn into_lines(mut self) -> Vec<String> {
        self.found.sort_by_key(|(at, _)| *at);
        self.found.dedup();
        let place = |at: usize| {
            let before = &self.text[..at.min(self.text.len())];
            let line = before.matches('\n').count() + 1;
            let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
            format!("{}:{line}:{column}", self.path.display())
        };
        self.found
            .iter()
            .map(|(at, message)| format!("{}: {message}", place(*at)))
            .collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}

/// A table with its place.
pub(super) type Table<'i> = Spanned<DeTable<'i>>;

/// Reads a table into a type. Each mistake is noted and what it stands in is left out, so that
/// the next one is found too; `None` when what is left is not enough.
pub(super) fn read<T: DeserializeOwned>(
    mut table: Table<'_>,
    problems: &mut Problems<'_>,
) -> Option<T> {
    loop {
        let error = match T::deserialize(Deserializer::from(table.clone())) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        match error.span().and_then(|span| remove_at(&mut table, &span)) {
            Some(()) => problems.add_toml(&error),
            None => {
                let at = error.span().map_or(table.span().start, |span| span.start);
                problems.add(at, error.message().to_owned());
                return None;
            }
        }
    }
}

/// Removes the innermost key whose own text or value holds the place.
fn remove_at(table: &mut Table<'_>, place: &Range<usize>) -> Option<()> {
    let holds = |span: &Range<usize>| span.start <= place.start && place.end <= span.end;
    let found = table
        .get_ref()
        .iter()
        .find(|(key, value)| holds(&key.span()) || holds(&value.span()))
        .map(|(key, _)| key.clone())?;
    table.get_mut().remove(&found).map(|_| ())
}

/// Takes a section off the document; absent, it is empty.
pub(super) fn section<'i>(document: &mut Table<'i>, name: &str) -> SectionValue<'i> {
    match take(document, name) {
        None => SectionValue::Absent,
        Some(value) => {
            let span = value.span();
            match value.into_inner() {
                DeValue::Table(table) => SectionValue::Table(Spanned::new(span, table)),
                DeValue::Array(list) => SectionValue::List(
                    list.into_iter()
                        .map(|element| {
                            let span = element.span();
                            match element.into_inner() {
                                DeValue::Table(table) => Ok(Spanned::new(span, table)),
                                _ => Err(span.start),
                            }
                        })
                        .collect(),
                ),
                _ => SectionValue::Other(span.start),
            }
        }
    }
}

/// What stands under a name.
pub(super) enum SectionValue<'i> {
    Absent,
    Table(Table<'i>),
    /// Elements that are no tables are given by their places.
    List(Vec<Result<Table<'i>, usize>>),
    Other(usize),
}

/// Takes a value off a table.
pub(super) fn take<'i>(table: &mut Table<'i>, name: &str) -> Option<Spanned<DeValue<'i>>> {
    let key = table
        .get_ref()
        .iter()
        .find(|(key, _)| key.get_ref() == name)?
        .0
        .clone();
    table.get_mut().remove(&key)
}

/// Reads a `[section]`; absent, its defaults.
pub(super) fn one<T: DeserializeOwned + Default>(
    document: &mut Table<'_>,
    name: &str,
    problems: &mut Problems<'_>,
) -> T {
    match section(document, name) {
        SectionValue::Absent => T::default(),
        SectionValue::Table(table) => read(table, problems).unwrap_or_default(),
        SectionValue::List(list) => {
            let at = list.first().map_or(0, |first| {
                first.as_ref().map_or_else(|at| *at, |t| t.span().start)
            });
            problems.add(at, format!("write [{name}], not [[{name}]]: there is one"));
            T::default()
        }
        SectionValue::Other(at) => {
            problems.add(at, format!("{name} is a section: write [{name}]"));
            T::default()
        }
    }
}

/// Takes the `[[section]]` tables off the document.
pub(super) fn many<'i>(
    document: &mut Table<'i>,
    name: &str,
    problems: &mut Problems<'_>,
) -> Vec<Table<'i>> {
    let (tables, wrong) = match section(document, name) {
        SectionValue::Absent => (Vec::new(), Vec::new()),
        SectionValue::Table(table) => (Vec::new(), vec![table.span().start]),
        SectionValue::Other(at) => (Vec::new(), vec![at]),
        SectionValue::List(list) => {
            let mut tables = Vec::new();
            let mut wrong = Vec::new();
            for element in list {
                match element {
                    Ok(table) => tables.push(table),
                    Err(at) => wrong.push(at),
                }
            }
            (tables, wrong)
        }
    };
    for at in wrong {
        problems.add(at, format!("there may be several: write [[{name}]]"));
    }
    tables
}
