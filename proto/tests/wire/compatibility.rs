//! Older readers, newer writers, and writers that are wrong.

use crate::examples;
use hark_model::{Alert, AuthorStanding, ItemEvent, MentionEvent, ShareOfVoice};
use hark_proto::v1::{item_event, mention_event};
use hark_proto::{DecodeError, FieldError, Problem, Wire, to_json, v1};
use prost::Message;
use std::fmt::Debug;

/// A field no message has: number 1000, a string "new".
const NEWER_FIELD: [u8; 6] = [0xc2, 0x3e, 3, b'n', b'e', b'w'];

fn framed(message: &impl Message) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0, 99, 0];
    message.encode(&mut bytes).unwrap();
    bytes
}

/// The same message as a writer would write it whose nested messages have a new field, too.
fn mention_with_newer_fields_inside() -> Vec<u8> {
    let v1::MentionEvent {
        event: Some(mention_event::Event::Observed(mention)),
    } = v1::MentionEvent::from(&examples::mention_event())
    else {
        panic!("the example is a mention");
    };
    let mut inner = mention.encode_to_vec();
    inner.extend(NEWER_FIELD);
    let mut bytes = vec![0, 0, 0, 0, 99, 0, 0x0a];
    prost::encode_length_delimiter(inner.len(), &mut bytes).unwrap();
    bytes.extend(inner);
    bytes
}

fn ignores_newer_fields<T: Wire + PartialEq + Debug>(value: &T) {
    let mut bytes = value.encode();
    let plain = to_json(T::MESSAGE, &bytes).unwrap();
    bytes.extend(NEWER_FIELD);
    assert_eq!(&T::decode(&bytes).unwrap(), value);
    assert_eq!(to_json(T::MESSAGE, &bytes).unwrap(), plain);
}

#[test]
fn an_old_reader_ignores_the_fields_of_a_newer_writer() {
    ignores_newer_fields(&examples::item_event());
    ignores_newer_fields(&examples::mention_event());
    ignores_newer_fields(&examples::share_of_voice());
    ignores_newer_fields(&examples::author_standing());
    ignores_newer_fields(&examples::alert());
    let inside = mention_with_newer_fields_inside();
    assert_eq!(
        MentionEvent::decode(&inside).unwrap(),
        examples::mention_event()
    );
}

#[test]
fn any_schema_id_and_every_form_of_the_index_are_read() {
    let bytes = examples::alert().encode();
    for header in [&[0, 0xff, 0xff, 0xff, 0xff, 0][..], &[0, 0, 0, 0, 0, 2, 0]] {
        let framed = [header, &bytes[6..]].concat();
        assert_eq!(Alert::decode(&framed).unwrap(), examples::alert());
    }
}

fn item() -> v1::Item {
    match v1::ItemEvent::from(&examples::item_event()).event {
        Some(item_event::Event::Upsert(item)) => item,
        other => panic!("{other:?}"),
    }
}

fn read_item(item: v1::Item) -> Result<ItemEvent, DecodeError> {
    let event = Some(item_event::Event::Upsert(item));
    ItemEvent::decode(&framed(&v1::ItemEvent { event }))
}

fn mention() -> v1::Mention {
    match v1::MentionEvent::from(&examples::mention_event()).event {
        Some(mention_event::Event::Observed(mention)) => mention,
        other => panic!("{other:?}"),
    }
}

fn read_mention(mention: v1::Mention) -> Result<MentionEvent, DecodeError> {
    let event = Some(mention_event::Event::Observed(mention));
    MentionEvent::decode(&framed(&v1::MentionEvent { event }))
}

fn alert() -> v1::Alert {
    v1::Alert::from(&examples::alert())
}

fn read_alert(alert: v1::Alert) -> Result<Alert, DecodeError> {
    Alert::decode(&framed(&alert))
}

fn problem<T: Debug>(result: Result<T, DecodeError>) -> FieldError {
    match result {
        Err(DecodeError::Field { error, .. }) => error,
        other => panic!("{other:?}"),
    }
}

fn says<T: Debug>(result: Result<T, DecodeError>, path: &str, problem_is: Problem) {
    assert_eq!(
        problem(result),
        FieldError {
            path: path.to_owned(),
            problem: problem_is
        }
    );
}

#[test]
fn labels_a_reader_does_not_know_are_skipped_in_a_list() {
    let mut newer = mention();
    newer.intents.insert(
        0,
        v1::ScoredIntent {
            intent: 99,
            probability: 0.99,
        },
    );
    newer.intents.push(v1::ScoredIntent {
        intent: 0,
        probability: 0.5,
    });
    newer.emotions.push(v1::ScoredEmotion {
        emotion: -7,
        probability: 0.5,
    });
    assert_eq!(read_mention(newer).unwrap(), examples::mention_event());

    let mut newer = mention();
    newer.expectation = Some(v1::ScoredExpectation {
        expectation: 99,
        probability: 0.5,
    });
    let Ok(MentionEvent::Observed(read)) = read_mention(newer) else {
        panic!("an expectation it does not know is no error");
    };
    assert_eq!(read.expectation, None);

    let mut newer = item();
    newer.redactions.push(v1::Redaction { kind: 42, count: 3 });
    assert_eq!(read_item(newer).unwrap(), examples::item_event());
}

#[test]
fn a_label_a_reader_does_not_know_is_shown_as_its_number_in_json() {
    let mut newer = alert();
    newer.kind = 77;
    newer.state = 0;
    let json = to_json(Alert::MESSAGE, &framed(&newer)).unwrap();
    assert_eq!(json["kind"], 77);
    assert!(json["state"].is_null());
}

#[test]
fn a_single_label_a_reader_does_not_know_is_refused() {
    says(
        read_alert(v1::Alert {
            kind: 77,
            ..alert()
        }),
        "kind",
        Problem::Unknown(77),
    );
    says(
        read_alert(v1::Alert {
            state: 0,
            ..alert()
        }),
        "state",
        Problem::Missing,
    );
    let mut newer = alert();
    newer.evidence[0].standing = 9;
    says(
        read_alert(newer),
        "evidence[0].standing",
        Problem::Unknown(9),
    );
    let mut share = v1::ShareOfVoice::from(&examples::share_of_voice());
    share.window = Some(9);
    says(
        ShareOfVoice::decode(&framed(&share)),
        "window",
        Problem::Unknown(9),
    );
    let mut standing = v1::AuthorStanding::from(&examples::author_standing());
    standing.previous = 0;
    says(
        AuthorStanding::decode(&framed(&standing)),
        "previous",
        Problem::Missing,
    );
}

#[test]
fn the_label_of_a_mention_is_never_read() {
    let mut wrong = mention();
    wrong.label = 3;
    assert_eq!(read_mention(wrong).unwrap(), examples::mention_event());
}

#[test]
fn an_event_of_no_known_kind_is_missing() {
    says(
        ItemEvent::decode(&framed(&v1::ItemEvent { event: None })),
        "event",
        Problem::Missing,
    );
    let newer = [&[0, 0, 0, 0, 1, 0][..], &NEWER_FIELD].concat();
    says(MentionEvent::decode(&newer), "event", Problem::Missing);
}

#[test]
fn what_is_missing_is_named_by_its_path() {
    says(
        read_item(v1::Item { id: None, ..item() }),
        "upsert.id",
        Problem::Missing,
    );
    says(
        read_mention(v1::Mention {
            version: None,
            ..mention()
        }),
        "observed.version",
        Problem::Missing,
    );
    let empty = v1::ItemId {
        source: "bluesky".into(),
        native_id: String::new(),
    };
    let nameless = v1::Mention {
        item: Some(empty),
        ..mention()
    };
    says(
        read_mention(nameless),
        "observed.item.native_id",
        Problem::Missing,
    );
    let mut nameless = mention();
    nameless.touchpoints[0].touchpoint.clear();
    says(
        read_mention(nameless),
        "observed.touchpoints[0].touchpoint",
        Problem::Missing,
    );
    let mut nameless = item();
    nameless.matches[0].brand.clear();
    says(
        read_item(nameless),
        "upsert.matches[0].brand",
        Problem::Missing,
    );
    says(
        read_alert(v1::Alert {
            provenance: None,
            ..alert()
        }),
        "provenance",
        Problem::Missing,
    );
    let nameless = v1::Alert {
        markets: vec!["a".into(), String::new()],
        ..alert()
    };
    says(read_alert(nameless), "markets[1]", Problem::Missing);
    let mut share = v1::ShareOfVoice::from(&examples::share_of_voice());
    share.voice.as_mut().unwrap().reach = None;
    says(
        ShareOfVoice::decode(&framed(&share)),
        "voice.reach",
        Problem::Missing,
    );
}

#[test]
fn a_span_that_cannot_be_cut_from_the_text_is_refused() {
    let with = |text: &str, start, end| {
        let mut wrong = item();
        wrong.text = text.to_owned();
        wrong.matches[0].spans = vec![
            v1::ByteRange { start: 0, end: 0 },
            v1::ByteRange { start, end },
        ];
        read_item(wrong)
    };
    assert!(with("Acmé!", 0, 5).is_ok());
    for (start, end) in [(2, 1), (0, 4), (0, 7), (u64::MAX, 0), (0, u64::MAX)] {
        let error = problem(with("Acmé!", start, end));
        assert_eq!(error.path, "upsert.matches[0].spans[1]", "{start}..{end}");
        assert!(
            matches!(error.problem, Problem::Invalid(_)),
            "{start}..{end}"
        );
    }
}

#[test]
fn numbers_that_would_poison_what_is_computed_from_them_are_refused() {
    let mut wrong = mention();
    wrong.sentiment.as_mut().unwrap().neutral = f32::NAN;
    assert_eq!(
        problem(read_mention(wrong)).path,
        "observed.sentiment.neutral"
    );
    let mut wrong = mention();
    wrong.intents[0].probability = f32::INFINITY;
    assert_eq!(
        problem(read_mention(wrong)).path,
        "observed.intents[0].probability"
    );
    let mut wrong = item();
    wrong.rating = Some(v1::Rating {
        value: f64::NAN,
        min: 1.0,
        max: 5.0,
    });
    assert_eq!(problem(read_item(wrong)).path, "upsert.rating.value");
}

#[test]
fn a_severity_outside_its_scale_is_refused() {
    for severity in [0, 11, 256, 257, u32::MAX] {
        let error = problem(read_alert(v1::Alert {
            severity,
            ..alert()
        }));
        assert_eq!(error.path, "severity");
    }
}

#[test]
fn a_broken_author_key_is_refused() {
    let wrong = v1::Mention {
        author_key: Some("someone".into()),
        ..mention()
    };
    let error = problem(read_mention(wrong));
    assert_eq!(error.path, "observed.author_key");
    assert!(matches!(error.problem, Problem::Invalid(_)));
}

#[test]
fn an_error_names_the_message_the_field_and_what_to_do() {
    let result = read_alert(v1::Alert {
        kind: 77,
        ..alert()
    });
    let error = result.unwrap_err();
    assert_eq!(
        error.to_string(),
        "hark.v1.Alert: field kind is 77, which this reader does not know: the producer is \
         newer, upgrade this reader"
    );
    assert_eq!(error.kind(), "field_unknown");
    assert!(!error.retryable());
}

#[test]
fn bytes_that_are_no_protobuf_say_so() {
    let error = Alert::decode(&[0, 0, 0, 0, 5, 0, 0xff]).unwrap_err();
    assert_eq!(error.kind(), "protobuf");
    assert!(error.to_string().contains("hark.v1.Alert"), "{error}");
    let error = to_json(Alert::MESSAGE, &[0, 0, 0, 0, 5, 0, 0xff]).unwrap_err();
    assert_eq!(error.kind(), "protobuf");
}
