//! JSON back into messages: the reverse of [`crate::to_json`].

use crate::schemas::POOL;
use crate::{DecodeError, FieldError, json};
use prost::Message;
use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, Value,
};
use serde_json::{Map, Value as Json};

/// The number of a label that this reader does not know. No label has it, so it meets what an
/// unknown number in Protobuf meets: skipped in a list, refused where one is needed.
const UNKNOWN: i32 = -1;

/// A JSON object as its message's Protobuf, without a frame. Keys that no field has are a newer
/// writer's and ignored; null is absent.
pub(crate) fn protobuf(message: &str, value: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let descriptor = POOL
        .get_message_by_name(message)
        .ok_or_else(|| DecodeError::UnknownMessage(message.to_owned()))?;
    let object: Map<String, Json> =
        serde_json::from_slice(value).map_err(|source| DecodeError::JsonSyntax {
            message: message.to_owned(),
            source,
        })?;
    let read = read(&descriptor, &object).map_err(|error| DecodeError::JsonField {
        message: message.to_owned(),
        error,
    })?;
    Ok(read.encode_to_vec())
}

fn read(
    descriptor: &MessageDescriptor,
    object: &Map<String, Json>,
) -> Result<DynamicMessage, FieldError> {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if let Some(value) = field_of(&field, object)? {
            message.set_field(&field, value);
        }
    }
    Ok(message)
}

/// A field's value; `None` when it is absent.
fn field_of(
    field: &FieldDescriptor,
    object: &Map<String, Json>,
) -> Result<Option<Value>, FieldError> {
    let given = |name: &str| object.get(name).filter(|json| !json.is_null());
    // A time has a name of its own once it is readable.
    if json::key(field) != field.name()
        && let Some(time) = given(json::key(field))
    {
        return moment(json::key(field), time).map(Some);
    }
    let name = field.name();
    let Some(json) = given(name) else {
        return Ok(None);
    };
    if !field.is_list() {
        return one(&field.kind(), name, json).map(Some);
    }
    let elements = json
        .as_array()
        .ok_or_else(|| expected(name, "an array"))?
        .iter()
        .enumerate()
        .map(|(at, element)| one(&field.kind(), &format!("{name}[{at}]"), element));
    Ok(Some(Value::List(elements.collect::<Result<_, _>>()?)))
}

fn moment(name: &str, json: &Json) -> Result<Value, FieldError> {
    json.as_str()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
        .map(|moment| Value::I64(moment.as_millisecond()))
        .ok_or_else(|| expected(name, "a time in RFC 3339"))
}

fn one(kind: &Kind, name: &str, json: &Json) -> Result<Value, FieldError> {
    let value = match kind {
        Kind::Bool => json.as_bool().map(Value::Bool),
        Kind::Int64 => json.as_i64().map(Value::I64),
        Kind::Uint32 => json
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .map(Value::U32),
        Kind::Uint64 => json.as_u64().map(Value::U64),
        Kind::Float => json.as_f64().map(|number| Value::F32(number as f32)),
        Kind::Double => json.as_f64().map(Value::F64),
        Kind::String => json.as_str().map(|text| Value::String(text.to_owned())),
        Kind::Enum(labels) => label(labels, json).map(Value::EnumNumber),
        Kind::Message(descriptor) => {
            let object = json.as_object();
            let object = object.ok_or_else(|| expected(name, "an object"))?;
            let read = read(descriptor, object).map_err(|error| error.under(name))?;
            return Ok(Value::Message(read));
        }
        // Package hark.v1 has no fields of other kinds; a test looks.
        _ => None,
    };
    value.ok_or_else(|| expected(name, what(kind)))
}

fn label(labels: &EnumDescriptor, json: &Json) -> Option<i32> {
    if let Some(number) = json.as_i64() {
        return i32::try_from(number).ok();
    }
    let id = json.as_str()?;
    let known = labels
        .values()
        .find(|value| json::id(labels, value.name()) == id);
    Some(known.map_or(UNKNOWN, |value| value.number()))
}

fn what(kind: &Kind) -> &'static str {
    match kind {
        Kind::Bool => "true or false",
        Kind::Int64 => "a whole number of 64 bits",
        Kind::Uint32 => "a whole number of 32 bits, 0 or more",
        Kind::Uint64 => "a whole number of 64 bits, 0 or more",
        Kind::Float | Kind::Double => "a number",
        Kind::String => "a text",
        Kind::Enum(_) => "a label",
        _ => "something hark writes",
    }
}

fn expected(name: &str, what: &str) -> FieldError {
    FieldError::invalid(name, format!("expected {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_of_a_kind_that_is_read() {
        for message in POOL.all_messages() {
            for field in message.fields() {
                let known = matches!(field.kind(), Kind::Message(_))
                    || what(&field.kind()) != "something hark writes";
                assert!(known && !field.is_map(), "{}", field.full_name());
            }
        }
    }
}
