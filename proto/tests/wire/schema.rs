//! Rules every `.proto` file keeps.

use hark_model::{Alert, AuthorStanding, ItemEvent, MentionEvent, ShareOfVoice};
use hark_proto::{DESCRIPTORS, Wire, topics};
use prost_reflect::DescriptorPool;
use std::collections::BTreeSet;

fn pool() -> DescriptorPool {
    DescriptorPool::decode(DESCRIPTORS).unwrap()
}

/// The messages in the order of [`topics::ALL`], with the schema ids they are written with.
const MESSAGES: [(&str, u32); 5] = [
    (ItemEvent::MESSAGE, ItemEvent::SCHEMA_ID),
    (MentionEvent::MESSAGE, MentionEvent::SCHEMA_ID),
    (ShareOfVoice::MESSAGE, ShareOfVoice::SCHEMA_ID),
    (AuthorStanding::MESSAGE, AuthorStanding::SCHEMA_ID),
    (Alert::MESSAGE, Alert::SCHEMA_ID),
];

#[test]
fn a_topics_message_is_the_first_of_its_file() {
    // The frame says index 0.
    let pool = pool();
    for (name, _) in MESSAGES {
        let message = pool.get_message_by_name(name).unwrap();
        let first = message.parent_file().messages().next().unwrap();
        assert_eq!(first.full_name(), name);
    }
}

#[test]
fn every_topic_but_the_dead_letters_has_a_message_of_its_own() {
    let named: Vec<_> = topics::ALL
        .into_iter()
        .filter_map(|topic| topic.message)
        .collect();
    assert_eq!(named, MESSAGES.map(|(name, _)| name));
    let ids: BTreeSet<_> = MESSAGES.iter().map(|(_, id)| id).collect();
    assert_eq!(ids.len(), MESSAGES.len());
}

#[test]
fn everything_has_a_comment() {
    let mut bare = Vec::new();
    for file in pool().files() {
        let info = file
            .file_descriptor_proto()
            .source_code_info
            .clone()
            .unwrap_or_default();
        let commented: BTreeSet<Vec<i32>> = info
            .location
            .iter()
            .filter(|place| !place.leading_comments().trim().is_empty())
            .map(|place| place.path.clone())
            .collect();
        let mut check = |path: &[i32], name: &str| {
            if !commented.contains(path) {
                bare.push(name.to_owned());
            }
        };
        for message in file.messages() {
            check(message.path(), message.full_name());
            for field in message.fields() {
                check(field.path(), field.full_name());
            }
        }
        for labels in file.enums() {
            check(labels.path(), labels.full_name());
            for value in labels.values() {
                check(value.path(), value.full_name());
            }
        }
    }
    assert!(bare.is_empty(), "without a comment: {bare:?}");
}

#[test]
fn every_time_says_its_unit() {
    for message in pool().all_messages() {
        for field in message.fields() {
            let integer = matches!(field.kind(), prost_reflect::Kind::Int64);
            let unit = field.name().ends_with("_ms") || field.name().ends_with("_us");
            assert_eq!(
                integer,
                unit,
                "{}: times, and only times, are int64",
                field.full_name()
            );
        }
    }
}
