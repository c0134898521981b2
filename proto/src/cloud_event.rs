//! Alerts as CloudEvents 1.0.

use crate::{Format, Wire, json, to_json};
use hark_model::Alert;
use serde_json::{Map, Value as Json};

/// `specversion` of CloudEvents.
const SPEC_VERSION: &str = "1.0";

/// What a value framed by hark is, said to readers of CloudEvents in Kafka's binary mode.
const FRAMED_PROTOBUF: &str = "application/protobuf; proto=hark.v1.Alert; framing=confluent";
const JSON: &str = "application/json";

/// The attributes both modes share, by their names.
fn attributes(alert: &Alert) -> Vec<(&'static str, String)> {
    let mut attributes = vec![
        ("specversion", SPEC_VERSION.to_owned()),
        ("id", format!("{}/{}", alert.id, alert.revision)),
        ("source", "hark".to_owned()),
        ("type", format!("hark.alert.v1.{}", alert.occasion.as_str())),
        ("subject", alert.brand.to_string()),
    ];
    // Optional in CloudEvents; a moment RFC 3339 cannot write is left out.
    if let Some(time) = json::rfc_3339(alert.updated_at) {
        attributes.push(("time", time));
    }
    attributes
}

/// The alert as a CloudEvent in structured JSON, for webhooks and other receivers.
///
/// | attribute | value |
/// |---|---|
/// | `specversion` | `1.0` |
/// | `id` | `<alert id>/<revision>`: with `source` it identifies one publication, so a receiver can drop what was delivered twice |
/// | `source` | `hark` |
/// | `type` | `hark.alert.v1.<occasion>`: the prefix `hark.alert.v1.` selects every event with this shape of data, the whole of it one occasion |
/// | `subject` | the brand's id |
/// | `time` | event time of the latest change, RFC 3339 |
/// | `datacontenttype` | `application/json` |
/// | `data` | the alert as [`to_json`] writes it |
pub fn cloud_event(alert: &Alert) -> Json {
    let mut event: Map<String, Json> = attributes(alert)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Json::String(value)))
        .collect();
    let data = to_json(Alert::MESSAGE, &alert.encode())
        .expect("what this crate encodes, it can also read");
    event.insert("datacontenttype".to_owned(), Json::from(JSON));
    event.insert("data".to_owned(), data);
    Json::Object(event)
}

/// The headers that make a record of the alerts topic a CloudEvent in Kafka's binary mode. The
/// attributes are those of [`cloud_event`], prefixed `ce_`, and `content-type` says how the record's
/// `value` is written: as Protobuf in Confluent's frame, or as JSON.
///
/// There is no `partitionkey`, although the record has a key: the binding does not let one be added
/// for a key that no attribute gave.
pub fn cloud_event_headers(alert: &Alert, value: &[u8]) -> Vec<(String, String)> {
    let mut headers: Vec<_> = attributes(alert)
        .into_iter()
        .map(|(name, value)| (format!("ce_{name}"), value))
        .collect();
    let content_type = match Format::of(value) {
        Format::Protobuf => FRAMED_PROTOBUF,
        Format::Json => JSON,
    };
    headers.push(("content-type".to_owned(), content_type.to_owned()));
    headers
}
