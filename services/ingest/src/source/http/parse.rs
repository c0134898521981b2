//! A request's body: one item, an array of them, or one after the other.

use super::item::PushedItem;
use super::map;
use crate::source::RawEvent;
use serde::de::IgnoredAny;
use serde_json::Deserializer;

/// Why a body was refused: whole, with the first thing that is wrong.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadBody {
    /// What is wrong.
    pub(super) error: String,
    /// Which item, from 0.
    pub(super) index: Option<usize>,
    /// Which of its fields.
    pub(super) field: Option<String>,
}

/// Reads a body. Whether it is one object, an array or one object a line is seen from it, not
/// from the content type, which many senders leave at a default.
pub(super) fn events(body: &[u8]) -> Result<Vec<RawEvent>, BadBody> {
    let text = std::str::from_utf8(body).map_err(|error| {
        whole(format!(
            "the body is not UTF-8: byte {} is the first wrong one",
            error.valid_up_to()
        ))
    })?;
    // Some editors put a mark even before UTF-8.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match text.trim_start().strip_prefix('[') {
        Some(elements) => array(elements),
        None => sequence(text),
    }
}

fn array(text: &str) -> Result<Vec<RawEvent>, BadBody> {
    let mut events = Vec::new();
    let mut rest = text.trim_start();
    if let Some(behind) = rest.strip_prefix(']') {
        return end(behind, events);
    }
    loop {
        rest = one(rest, &mut events)?.trim_start();
        if let Some(behind) = rest.strip_prefix(']') {
            return end(behind, events);
        }
        rest = rest.strip_prefix(',').ok_or_else(|| {
            at(
                events.len(),
                "the array goes on with neither , nor ]".to_owned(),
            )
        })?;
    }
}

fn sequence(text: &str) -> Result<Vec<RawEvent>, BadBody> {
    let mut events = Vec::new();
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Err(whole("the body is empty".to_owned()));
    }
    while !rest.is_empty() {
        rest = one(rest, &mut events)?.trim_start();
    }
    Ok(events)
}

fn end(behind: &str, events: Vec<RawEvent>) -> Result<Vec<RawEvent>, BadBody> {
    if behind.trim().is_empty() {
        return Ok(events);
    }
    Err(whole("something follows the array".to_owned()))
}

/// Reads one item and gives what follows it.
fn one<'a>(text: &'a str, events: &mut Vec<RawEvent>) -> Result<&'a str, BadBody> {
    let text = text.trim_start();
    let index = events.len();
    let mut from = Deserializer::from_str(text);
    let item: PushedItem = serde_path_to_error::deserialize(&mut from).map_err(|error| {
        let path = error.path().to_string();
        // "." stands for the item itself, "?" for a place that was never reached.
        let path = path.trim_end_matches('?').trim_end_matches('.').to_owned();
        let error = error.into_inner().to_string();
        BadBody {
            field: field_of(&path, &error),
            error,
            index: Some(index),
        }
    })?;
    let used = from.into_iter::<IgnoredAny>().byte_offset();
    let (raw, rest) = text.split_at(used);
    let event = map::event(item, raw).map_err(|bad| BadBody {
        error: bad.error,
        index: Some(index),
        field: Some(bad.field.to_owned()),
    })?;
    events.push(event);
    Ok(rest)
}

/// The field an error is about: where it happened, and, as serde reports missing, unknown and
/// repeated fields on the object around them, the name inside its backticks.
fn field_of(path: &str, error: &str) -> Option<String> {
    let named = ["missing field `", "unknown field `", "duplicate field `"]
        .iter()
        .find_map(|start| error.strip_prefix(start))
        .and_then(|rest| rest.split('`').next());
    let field = match named {
        Some(name) if path.is_empty() => name.to_owned(),
        // For an unknown field serde already counts its name to the path.
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None => path.to_owned(),
    };
    (!field.is_empty()).then_some(field)
}

fn whole(error: String) -> BadBody {
    BadBody {
        error,
        index: None,
        field: None,
    }
}

fn at(index: usize, error: String) -> BadBody {
    BadBody {
        error,
        index: Some(index),
        field: None,
    }
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
