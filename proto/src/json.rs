//! Messages as JSON: for people and scripts, and as values of topics. `from_json` reads it back.

use crate::schemas::POOL;
use crate::{DecodeError, value};
use hark_model::Timestamp;
use prost_reflect::{DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, ReflectMessage, Value};
use serde_json::{Map, Number, Value as Json};

/// A value as JSON, however it is written. `message` is the full name of the topic's message
/// ([`crate::Wire::MESSAGE`], [`crate::topics::Topic::message`]).
///
/// It shows what is written, without the checks of [`crate::Wire::decode`]:
///
/// - keys are the field names of the `.proto` files;
/// - a time, `event_time_ms`, becomes RFC 3339 in UTC under its name without the unit:
///   `"event_time": "2026-03-01T09:30:00.000Z"`. One outside the years 0 to 9999 keeps its name
///   and stays a number;
/// - a label becomes its id (`"negative"`, `"24h"`); one this reader does not know stays a
///   number, and one nobody set is null;
/// - 64-bit integers are numbers, not strings; floats that are no number are null;
/// - fields at their default are written, absent ones (an unknown reach) are null, and of a
///   choice (`upsert`, `delete` …) only the one taken appears;
/// - fields of a newer version are left out.
///
/// # Errors
///
/// [`DecodeError`] when the frame or the Protobuf behind it is broken, or JSON is not what this
/// function writes, or the message is not one of package `hark.v1`.
pub fn to_json(message: &str, value: &[u8]) -> Result<Json, DecodeError> {
    let descriptor = POOL
        .get_message_by_name(message)
        .ok_or_else(|| DecodeError::UnknownMessage(message.to_owned()))?;
    let dynamic = DynamicMessage::decode(descriptor, &*value::payload(message, value)?).map_err(
        |source| DecodeError::Json {
            message: message.to_owned(),
            source,
        },
    )?;
    Ok(object(&dynamic))
}

fn object(message: &DynamicMessage) -> Json {
    let mut object = Map::new();
    for field in message.descriptor().fields() {
        let absent = field.supports_presence() && !message.has_field(&field);
        if absent && in_choice(&field) {
            continue;
        }
        let (key, value) = if absent {
            (key(&field).to_owned(), Json::Null)
        } else {
            entry(&field, &message.get_field(&field))
        };
        object.insert(key, value);
    }
    Json::Object(object)
}

/// Whether the field is one of a `oneof`; `optional` fields are not, though Protobuf stores them
/// as a choice of one.
fn in_choice(field: &FieldDescriptor) -> bool {
    field
        .containing_oneof()
        .is_some_and(|choice| !choice.is_synthetic())
}

/// The key a field has once its value is readable.
pub(crate) fn key(field: &FieldDescriptor) -> &str {
    field.name().strip_suffix("_ms").unwrap_or(field.name())
}

fn entry(field: &FieldDescriptor, value: &Value) -> (String, Json) {
    if let (Value::I64(millis), true) = (value, field.name().ends_with("_ms")) {
        return match rfc_3339(Timestamp::from_millis(*millis)) {
            Some(text) => (key(field).to_owned(), Json::String(text)),
            None => (field.name().to_owned(), Json::from(*millis)),
        };
    }
    (field.name().to_owned(), json(&field.kind(), value))
}

/// The moment in RFC 3339; `None` outside the years it can write.
pub(crate) fn rfc_3339(moment: Timestamp) -> Option<String> {
    // 0000-01-01T00:00:00Z to 9999-12-30T22:00:00Z, where the calendar's own range ends.
    const WRITABLE: std::ops::Range<i64> = -62_167_219_200_000..253_402_207_200_000;
    WRITABLE
        .contains(&moment.millis())
        .then(|| moment.to_string())
}

fn json(kind: &Kind, value: &Value) -> Json {
    match value {
        Value::Bool(value) => Json::Bool(*value),
        Value::I32(value) => Json::from(*value),
        Value::I64(value) => Json::from(*value),
        Value::U32(value) => Json::from(*value),
        Value::U64(value) => Json::from(*value),
        // Through its shortest text: 0.9 must not read 0.8999999761581421.
        Value::F32(value) => value.to_string().parse().map_or(Json::Null, number),
        Value::F64(value) => number(*value),
        Value::String(value) => Json::String(value.clone()),
        Value::Bytes(value) => value.iter().copied().map(Json::from).collect(),
        Value::EnumNumber(number) => match kind {
            Kind::Enum(labels) => label(labels, *number),
            _ => Json::from(*number),
        },
        Value::Message(message) => object(message),
        Value::List(values) => values.iter().map(|value| json(kind, value)).collect(),
        // Package hark.v1 has no maps: their order would differ from writer to writer.
        Value::Map(_) => Json::Null,
    }
}

fn number(value: f64) -> Json {
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}

/// `SENTIMENT_NEGATIVE` of `Sentiment` is `"negative"`.
fn label(labels: &EnumDescriptor, number: i32) -> Json {
    if number == 0 {
        return Json::Null;
    }
    let Some(value) = labels.get_value(number) else {
        return Json::from(number);
    };
    Json::String(id(labels, value.name()))
}

/// What a label is called in JSON.
pub(crate) fn id(labels: &EnumDescriptor, name: &str) -> String {
    let mut prefix = String::new();
    for letter in labels.name().chars() {
        if letter.is_uppercase() && !prefix.is_empty() {
            prefix.push('_');
        }
        prefix.push(letter.to_ascii_uppercase());
    }
    prefix.push('_');
    let id = name.strip_prefix(&prefix).unwrap_or(name);
    id.to_ascii_lowercase()
}
