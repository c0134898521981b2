//! Messages of an older and of a newer hark beside today's.

use crate::faults::beside;
use crate::support::{Folder, eventually};
use crate::{Ground, role, until_reported, without};
use hark_model::{ItemEvent, MentionEvent};
use hark_proto::topics::{ITEMS, MENTIONS, Topic};
use hark_proto::{Encoding, Format, Wire};
use hark_stream::{Commit, Limit, Log, NewRecord, TaskId, TopicName, TopicSpec};
use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, ReflectMessage, Value};
use std::path::Path;

const ROWS: u32 = 100;
/// What stands before a message: a byte 0, the schema's id, a byte 0 for the first message of the file.
const FRAME: usize = 6;
/// The list of one number, 0, in zigzag.
const FIRST_IN_FULL: [u8; 2] = [2, 0];
/// Field 1000, a number: no schema of today has it.
const UNHEARD_OF: [u8; 3] = [0xc0, 0x3e, 0x07];
const EVERYTHING: Limit = Limit {
    records: 100_000,
    bytes: usize::MAX,
};

/// Rewrites the values of a topic as other versions of hark would have written them.
struct Writers {
    /// Whatever happened: a message of one field, which holds what did.
    event: MessageDescriptor,
    /// What the fields that came later are called in it.
    later: &'static [&'static str],
    json: fn(&[u8]) -> Vec<u8>,
}

impl Writers {
    fn new(topic: Topic, later: &'static [&'static str], json: fn(&[u8]) -> Vec<u8>) -> Self {
        let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
        let files = ["hark/v1/item.proto", "hark/v1/mention.proto"];
        let compiled = protox::compile(files, [schemas]).unwrap();
        let pool = DescriptorPool::from_file_descriptor_set(compiled).unwrap();
        Self {
            event: pool.get_message_by_name(topic.message.unwrap()).unwrap(),
            later,
            json,
        }
    }

    /// As one of them writes it: they take turns.
    fn write(&self, turn: usize, value: &[u8]) -> Vec<u8> {
        match turn % 4 {
            0 => value.to_vec(),
            1 => self.older(value),
            2 => self.newer(value),
            _ => (self.json)(value),
        }
    }

    /// Without the fields that came later, and with the place of the message in its file in full, as
    /// some libraries write it.
    fn older(&self, value: &[u8]) -> Vec<u8> {
        let without = |mut happened: DynamicMessage| {
            for field in self.later {
                assert!(happened.descriptor().get_field_by_name(field).is_some());
                happened.clear_field_by_name(field);
            }
            happened
        };
        let event = self.with(value, without).encode_to_vec();
        [&value[..FRAME - 1], &FIRST_IN_FULL, &event].concat()
    }

    /// With fields that are to come, and under a schema that nobody here has heard of.
    fn newer(&self, value: &[u8]) -> Vec<u8> {
        let more = |happened: DynamicMessage| {
            let bytes = [&happened.encode_to_vec()[..], &UNHEARD_OF].concat();
            DynamicMessage::decode(happened.descriptor(), &bytes[..]).unwrap()
        };
        let event = self.with(value, more).encode_to_vec();
        [&frame()[..], &event, &UNHEARD_OF].concat()
    }

    /// The event with what happened in it changed.
    fn with(
        &self,
        value: &[u8],
        change: impl FnOnce(DynamicMessage) -> DynamicMessage,
    ) -> DynamicMessage {
        let mut event = DynamicMessage::decode(self.event.clone(), &value[FRAME..]).unwrap();
        let (field, happened) = event.take_fields().next().unwrap();
        let Value::Message(happened) = happened else {
            panic!("{} is no message", field.name());
        };
        event.set_field(&field, Value::Message(change(happened)));
        event
    }
}

/// Of a schema that nobody here has heard of.
fn frame() -> [u8; FRAME] {
    [0, 0x7f, 0xff, 0xff, 0xff, 0]
}

fn json<T: Wire>(value: &[u8]) -> Vec<u8> {
    let encoding = Encoding {
        format: Format::Json,
        ..Encoding::default()
    };
    let written = encoding.write(&T::decode(value).unwrap());
    let mut event: serde_json::Value = serde_json::from_slice(&written).unwrap();
    event["unheard_of"] = 7.into();
    event.to_string().into_bytes()
}

/// Copies a topic of one hark to that of another, as several versions would have written it, and an
/// event that only a newer one knows.
fn copy(ground: &Ground, topic: Topic, from: &str, to: (&str, &Folder), writers: &Writers) {
    let log = beside(&ground.servers(), to.0, to.1);
    let (from, to) = (topic.under(from), TopicName::new(topic.under(to.0)));
    let spec = TopicSpec {
        name: to.clone(),
        partitions: 1,
        cleanup: hark_stream::Cleanup::default(),
    };
    log.declare(&[spec]).unwrap();
    let written = log.read(&TopicName::new(from), 0, 0, EVERYTHING).unwrap();
    let again = written.iter().enumerate().map(|(turn, record)| {
        let value = writers.write(turn, record.value.as_deref().unwrap());
        NewRecord::keyed(&to, record.key.to_vec(), Some(value), record.timestamp)
    });
    let unknown = [&frame()[..], &UNHEARD_OF].concat();
    let unknown = NewRecord::keyed(&to, b"nobody".to_vec(), Some(unknown), 0);
    let commit = Commit {
        records: again.chain([unknown]).collect(),
        ..Commit::default()
    };
    let mut writer = log.task(&TaskId::new("stranger", 0), &[]).unwrap();
    writer.commit(&commit).unwrap();
}

/// What cannot be used is kept, and is the event that only a newer hark knows.
fn one_is_kept(folder: &Folder, stage: &str) {
    let letters = eventually("the dead letter", || {
        let letters = folder.topic("dead-letters");
        (!letters.is_empty()).then_some(letters)
    });
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0]["value"]["headers"]["hark-stage"], stage);
}

pub(crate) fn mixed(ground: &Ground) {
    let today = ground.folder("today", ROWS);
    today.hark(&["import", "reviews.csv"]);
    let expected = without(ROWS);

    let items = ground.folder("mixed-items", 1);
    let writers = Writers::new(ITEMS, &["redactions"], json::<ItemEvent>);
    copy(ground, ITEMS, "today", ("mixed-items", &items), &writers);
    let _roles = ["classify", "aggregate"].map(|part| role(&items, part));
    until_reported(&items, &expected);
    one_is_kept(&items, "classify");

    let mentions = ground.folder("mixed-mentions", 1);
    let writers = Writers::new(MENTIONS, &["expectation"], json::<MentionEvent>);
    copy(
        ground,
        MENTIONS,
        "today",
        ("mixed-mentions", &mentions),
        &writers,
    );
    let _aggregate = role(&mentions, "aggregate");
    until_reported(&mentions, &expected);
    one_is_kept(&mentions, "aggregate");
}
