//! What `hark tail --json` and the receivers of alerts see.

use crate::examples;
use hark_model::{
    Alert, AlertKind, AlertState, AuthorStanding, Emotion, Expectation, Gap, Intent, Item,
    ItemEvent, Mention, MentionEvent, Occasion, PersonalData, Redaction, Scored, Sentiment,
    SentimentScores, ShareOfVoice, Standing, Timestamp, Window,
};
use hark_proto::{DecodeError, Encoding, Format, Wire, cloud_event, cloud_event_headers, to_json};
use serde_json::{Value, json};
use std::sync::Arc;

fn shown<T: Wire>(value: &T) -> Value {
    to_json(T::MESSAGE, &value.encode()).unwrap()
}

fn item() -> Item {
    match examples::item_event() {
        ItemEvent::Upsert(item) => *item,
        other => panic!("{other:?}"),
    }
}

fn mention() -> Mention {
    match examples::mention_event() {
        MentionEvent::Observed(mention) => *mention,
        other => panic!("{other:?}"),
    }
}

#[test]
fn unknown_reach_is_null_and_known_zero_is_zero() {
    let mention = shown(&examples::mention_event());
    assert_eq!(mention["observed"]["reach"], Value::Null);
    assert!(
        mention["observed"]
            .as_object()
            .unwrap()
            .contains_key("reach")
    );
    assert_eq!(
        shown(&examples::item_event())["upsert"]["author"]["reach"],
        json!(0)
    );
}

#[test]
fn reach_nobody_knows_is_null_in_a_share_of_voice() {
    let share = shown(&examples::share_of_voice());
    assert_eq!(share["touchpoints"][0]["voice"]["reach"], Value::Null);
    assert_eq!(share["voice"]["reach"]["total"], json!(500));
}

#[test]
fn defaults_are_written_and_numbers_are_numbers() {
    let share = shown(&examples::share_of_voice());
    let counts = json!({"total": 3, "negative": 0, "neutral": 0, "positive": 3});
    assert_eq!(share["voice"]["mentions"], counts);
    assert_eq!(share["reposts"], json!(0));
    let version = &shown(&examples::mention_event())["observed"]["version"];
    assert_eq!(version["order_us"], json!(1_772_357_400_000_000_i64));
}

#[test]
fn a_probability_reads_as_it_was_given() {
    let mention = shown(&examples::mention_event());
    let scores = json!({"negative": 0.9, "neutral": 0.1, "positive": 0.0});
    assert_eq!(mention["observed"]["sentiment"], scores);
}

#[test]
fn a_time_is_rfc_3339_under_its_name_without_the_unit() {
    let mention = &shown(&examples::mention_event())["observed"];
    assert_eq!(mention["event_time"], json!("2026-03-01T09:30:00.000Z"));
    assert!(mention.get("event_time_ms").is_none());
}

#[test]
fn a_time_no_calendar_holds_stays_a_number_under_its_full_name() {
    // The years 0 and 9999 are the first and the last that RFC 3339 can write.
    let edges = [
        (-62_167_219_200_000, Some("0000-01-01T00:00:00.000Z")),
        (-62_167_219_200_001, None),
        (253_402_207_199_999, Some("9999-12-30T21:59:59.999Z")),
        (253_402_207_200_000, None),
        (i64::MIN, None),
        (i64::MAX, None),
    ];
    for (millis, text) in edges {
        let gap = Gap {
            source: "bluesky".into(),
            from: Timestamp::from_millis(millis),
            to: Timestamp::from_millis(0),
            reason: Arc::from("test"),
        };
        let gap = &shown(&ItemEvent::Gap(gap))["gap"];
        match text {
            Some(text) => assert_eq!(gap["from"], json!(text)),
            None => {
                assert_eq!(gap["from_ms"], json!(millis));
                assert!(gap.get("from").is_none());
            }
        }
        assert_eq!(gap["to"], json!("1970-01-01T00:00:00.000Z"));
    }
}

#[test]
fn of_a_choice_only_the_one_taken_appears() {
    let keys: Vec<_> = shown(&examples::item_event())
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(keys, ["upsert"]);
}

#[test]
fn the_ids_of_labels_are_those_of_the_model() {
    for kind in PersonalData::ALL {
        let redactions = vec![Redaction { kind, count: 1 }];
        let event = ItemEvent::Upsert(Box::new(Item {
            redactions,
            ..item()
        }));
        assert_eq!(
            shown(&event)["upsert"]["redactions"][0]["kind"],
            kind.as_str()
        );
    }
    for (index, sentiment) in Sentiment::ALL.into_iter().enumerate() {
        let mut scores = [0.0; 3];
        scores[index] = 1.0;
        let [negative, neutral, positive] = scores;
        let scores = SentimentScores {
            negative,
            neutral,
            positive,
        };
        let event = MentionEvent::Observed(Box::new(Mention {
            sentiment: scores,
            ..mention()
        }));
        assert_eq!(shown(&event)["observed"]["label"], sentiment.as_str());
    }
    for intent in Intent::ALL {
        let intents = vec![Scored {
            label: *intent,
            probability: 1.0,
        }];
        let event = MentionEvent::Observed(Box::new(Mention {
            intents,
            ..mention()
        }));
        assert_eq!(
            shown(&event)["observed"]["intents"][0]["intent"],
            intent.as_str()
        );
    }
    for emotion in Emotion::ALL {
        let emotions = vec![Scored {
            label: *emotion,
            probability: 1.0,
        }];
        let event = MentionEvent::Observed(Box::new(Mention {
            emotions,
            ..mention()
        }));
        assert_eq!(
            shown(&event)["observed"]["emotions"][0]["emotion"],
            emotion.as_str()
        );
    }
    for expectation in Expectation::ALL {
        let event = MentionEvent::Observed(Box::new(Mention {
            expectation: Some(Scored {
                label: *expectation,
                probability: 1.0,
            }),
            ..mention()
        }));
        assert_eq!(
            shown(&event)["observed"]["expectation"]["expectation"],
            expectation.as_str()
        );
    }
    for window in Window::ALL {
        let share = ShareOfVoice {
            window: Some(window),
            ..examples::share_of_voice()
        };
        assert_eq!(shown(&share)["window"], window.as_str());
    }
    for standing in Standing::ALL {
        let author = AuthorStanding {
            standing,
            ..examples::author_standing()
        };
        assert_eq!(shown(&author)["standing"], standing.as_str());
    }
    for kind in AlertKind::ALL {
        assert_eq!(
            shown(&Alert {
                kind,
                ..examples::alert()
            })["kind"],
            kind.as_str()
        );
    }
    for state in AlertState::ALL {
        assert_eq!(
            shown(&Alert {
                state,
                ..examples::alert()
            })["state"],
            state.as_str()
        );
    }
    for occasion in Occasion::ALL {
        let alert = Alert {
            occasion,
            ..examples::alert()
        };
        assert_eq!(shown(&alert)["occasion"], occasion.as_str());
    }
}

#[test]
fn a_window_of_everything_ever_counted_is_null() {
    let share = ShareOfVoice {
        window: None,
        ..examples::share_of_voice()
    };
    assert_eq!(shown(&share)["window"], Value::Null);
}

#[test]
fn a_float_that_is_no_number_is_null() {
    let share = ShareOfVoice {
        coverage: f64::NAN,
        ..examples::share_of_voice()
    };
    assert_eq!(shown(&share)["coverage"], Value::Null);
}

#[test]
fn a_message_nobody_knows_is_the_callers_mistake() {
    let error = to_json("hark.v1.Nothing", &examples::alert().encode()).unwrap_err();
    assert!(matches!(error, DecodeError::UnknownMessage(_)), "{error}");
    assert_eq!(error.kind(), "unknown_message");
}

#[test]
fn a_cloud_event_has_the_attributes_the_specification_requires() {
    let event = cloud_event(&examples::alert());
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["id"], "spike-acme-29539290/2");
    assert_eq!(event["source"], "hark");
    assert_eq!(event["type"], "hark.alert.v1.updated");
    assert_eq!(event["subject"], "acme");
    assert_eq!(event["time"], "2026-03-01T09:30:00.000Z");
    assert_eq!(event["datacontenttype"], "application/json");
    assert_eq!(event["data"], shown(&examples::alert()));
}

#[test]
fn a_cloud_event_without_a_writable_time_leaves_it_out() {
    let alert = Alert {
        updated_at: Timestamp::MAX,
        ..examples::alert()
    };
    assert!(cloud_event(&alert).get("time").is_none());
}

#[test]
fn the_headers_of_binary_mode_say_the_same_as_the_structured_event() {
    let event = cloud_event(&examples::alert());
    let alert = examples::alert();
    let headers = cloud_event_headers(&alert, &alert.encode());
    let attributes: Vec<_> = headers
        .iter()
        .filter_map(|(name, value)| Some((name.strip_prefix("ce_")?, value)))
        .collect();
    assert_eq!(attributes.len(), 6);
    for (name, value) in attributes {
        assert_eq!(event[name], value.as_str(), "{name}");
    }
    // Nothing but the attributes and what the value is; in binary mode the latter has no prefix.
    assert_eq!(headers.len(), 7);
}

#[test]
fn the_content_type_says_how_the_value_is_written() {
    let alert = examples::alert();
    let content_type = |format| {
        let encoding = Encoding {
            format,
            ..Encoding::default()
        };
        let headers = cloud_event_headers(&alert, &encoding.write(&alert));
        let mut found = headers
            .into_iter()
            .filter(|(name, _)| name == "content-type");
        found.next().unwrap().1
    };
    assert_eq!(
        content_type(Format::Protobuf),
        "application/protobuf; proto=hark.v1.Alert; framing=confluent"
    );
    assert_eq!(content_type(Format::Json), "application/json");
}
