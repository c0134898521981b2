//! Values that are JSON: what an older reader makes of a newer writer's, and of what is broken.

use crate::examples;
use hark_model::{Alert, MentionEvent};
use hark_proto::{DecodeError, Encoding, Format, Problem, Wire};
use serde_json::{Value, json};

fn written<T: Wire>(value: &T) -> Value {
    let encoding = Encoding {
        format: Format::Json,
        ..Encoding::default()
    };
    serde_json::from_slice(&encoding.write(value)).unwrap()
}

fn read<T: Wire>(json: &Value) -> Result<T, DecodeError> {
    T::decode(json.to_string().as_bytes())
}

#[test]
fn keys_of_a_newer_writer_are_ignored() {
    let mut json = written(&examples::mention_event());
    json["new"] = json!({ "of": ["any", "shape"] });
    json["observed"]["new"] = json!(1);
    assert_eq!(
        read::<MentionEvent>(&json).unwrap(),
        examples::mention_event()
    );
}

#[test]
fn a_label_nobody_knows_is_skipped_in_a_list_and_refused_where_one_is_needed() {
    let mut json = written(&examples::mention_event());
    let surprised = json!({ "intent": "astonishment", "probability": 0.5 });
    let intents = json["observed"]["intents"].as_array_mut().unwrap();
    intents.push(surprised);
    assert_eq!(
        read::<MentionEvent>(&json).unwrap(),
        examples::mention_event()
    );

    let mut json = written(&examples::alert());
    json["state"] = json!("forgotten");
    let error = read::<Alert>(&json).unwrap_err();
    assert_eq!(error.kind(), "field_unknown", "{error}");
}

#[test]
fn what_is_left_out_or_null_is_missing() {
    for absent in [None, Some(Value::Null)] {
        let mut json = written(&examples::alert());
        let object = json.as_object_mut().unwrap();
        object.remove("provenance");
        if let Some(null) = absent {
            object.insert("provenance".to_owned(), null);
        }
        let error = read::<Alert>(&json).unwrap_err();
        assert_eq!(error.kind(), "field_missing", "{error}");
    }
}

#[test]
fn a_value_of_another_shape_is_named_by_its_path() {
    let wrong = [
        ("/severity", json!("high"), "severity"),
        ("/severity", json!(-1), "severity"),
        ("/severity", json!(4_294_967_296_u64), "severity"),
        ("/summary", json!(["a"]), "summary"),
        ("/measure", json!(14), "measure"),
        ("/measure/observed", json!("14"), "measure.observed"),
        ("/terms", json!({}), "terms"),
        ("/terms/0/count", json!(0.5), "terms[0].count"),
        ("/markets/0", json!(null), "markets[0]"),
        ("/opened_at", json!("yesterday"), "opened_at"),
        ("/opened_at", json!(7), "opened_at"),
        ("/kind", json!([]), "kind"),
    ];
    for (place, value, path) in wrong {
        let mut json = written(&examples::alert());
        *json.pointer_mut(place).unwrap() = value;
        let error = read::<Alert>(&json).unwrap_err();
        let DecodeError::JsonField { error, .. } = &error else {
            panic!("{place}: {error}");
        };
        assert_eq!(error.path, path);
        assert!(matches!(error.problem, Problem::Invalid(_)), "{place}");
    }
}

#[test]
fn json_that_is_broken_or_cut_off_is_neither_a_panic_nor_a_value() {
    let whole = written(&examples::alert()).to_string();
    for (length, _) in whole.char_indices().skip(1) {
        let error = Alert::decode(&whole.as_bytes()[..length]).unwrap_err();
        assert_eq!(error.kind(), "json", "{length}: {error}");
    }
    let error = Alert::decode(b"{\"id\": \xff}").unwrap_err();
    assert_eq!(error.kind(), "json");
    assert!(error.to_string().contains("hark.v1.Alert"), "{error}");
}
