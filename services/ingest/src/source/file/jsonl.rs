//! Fields of a line of JSON.

use super::layout::{Field, Fields, Layout};
use super::map::Refused;
use crate::source::Unusable;
use serde_json::Value;

/// Checks a JSON pointer (RFC 6901).
pub(super) fn pointer(name: &str) -> Result<String, String> {
    if name.is_empty() || name.starts_with('/') {
        return Ok(name.to_owned());
    }
    Err(format!("{name:?} is no JSON pointer: write \"/{name}\""))
}

/// The mapped fields of a line.
pub(super) fn fields(text: &str, layout: &Layout<String>) -> Result<Option<Fields>, Refused> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let line: Value = serde_json::from_str(text)
        .map_err(|error| Refused::new(Unusable::Malformed, format!("is not JSON: {error}")))?;
    if !line.is_object() {
        return Err(Refused::new(
            Unusable::Malformed,
            "is not a JSON object".to_owned(),
        ));
    }
    let mut fields = Fields::default();
    for (field, name, at) in &layout.fields {
        let value = text_of(&line, at, name, *field == Field::Id)?;
        if value.is_none() && *field == Field::Text {
            return Err(Refused::new(
                Unusable::MissingField,
                format!("has no {name:?}"),
            ));
        }
        fields.set(*field, value);
    }
    for (name, at) in &layout.identity {
        fields
            .identity
            .push(text_of(&line, at, name, false)?.unwrap_or_default());
    }
    Ok(Some(fields))
}

fn text_of(
    line: &Value,
    pointer: &str,
    name: &str,
    exact: bool,
) -> Result<Option<String>, Refused> {
    match line.pointer(pointer) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Bool(value)) => Ok(Some(value.to_string())),
        // A number that is no 64-bit integer has lost digits by now: as an id it is no one's.
        Some(Value::Number(number)) if exact && number.is_f64() => Err(Refused::new(
            Unusable::InvalidField,
            format!("has the number {number} for an id in {name:?}: ids must be text or integers"),
        )),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(Value::Array(_) | Value::Object(_)) => Err(Refused::new(
            Unusable::InvalidField,
            format!("has no text or number in {name:?} but something with parts"),
        )),
    }
}
