//! The files of package `hark.v1` as a schema registry keeps them: text, imports, ids.
//!
//! Each topic's schema is one file; what several share is a file of its own, which the others
//! reference. A registry is given the files as they stand in `proto/`, so that what consumers read
//! there is what they find here.

use crate::{DESCRIPTORS, Wire, topics};
use prost::Message;
use prost_reflect::DescriptorPool;
use std::sync::LazyLock;

/// The descriptors, read once. They never change.
pub(crate) static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTORS).expect("the build script wrote these descriptors")
});

/// The id that hark itself gives to the file with a number, where no registry gives one.
///
/// They begin at the letters "har" and a zero. A registry counts from 1, so a consumer that asks
/// one that does not have hark's schemas hears that there is no such id, instead of being given
/// somebody else's schema.
pub(crate) const fn own_id(number: u32) -> u32 {
    u32::from_be_bytes(*b"har\0") + number
}

/// One file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schema {
    /// The name others import it by, for example `hark/v1/common.proto`.
    pub file: &'static str,
    /// Its text.
    pub text: &'static str,
    /// The files it imports, by their names.
    pub imports: &'static [&'static str],
    /// The full name of the message that a topic's values carry, the first of the file; `None` for
    /// a file that others only import.
    pub message: Option<&'static str>,
    /// The id that hark itself gives it.
    ///
    /// It names the file and not its version: package `hark.v1` is only ever added to, so the
    /// newest text reads everything that was written under the id.
    pub id: u32,
}

const COMMON: &str = "hark/v1/common.proto";

/// The file of a name.
macro_rules! file {
    ($name:literal, $number:literal) => {
        Schema {
            file: concat!("hark/v1/", $name, ".proto"),
            text: include_str!(concat!("../hark/v1/", $name, ".proto")),
            imports: &[],
            message: None,
            id: own_id($number),
        }
    };
}

const fn of_topic<T: Wire>(schema: Schema, imports: &'static [&'static str]) -> Schema {
    Schema {
        imports,
        message: Some(T::MESSAGE),
        id: T::SCHEMA_ID,
        ..schema
    }
}

/// Every file: first what others import, then the topics in the order a mention passes them.
pub const ALL: [Schema; 6] = [
    file!("common", 0),
    of_topic::<hark_model::ItemEvent>(file!("item", 1), &[COMMON]),
    of_topic::<hark_model::MentionEvent>(file!("mention", 2), &[COMMON]),
    of_topic::<hark_model::ShareOfVoice>(file!("share_of_voice", 3), &[]),
    of_topic::<hark_model::AuthorStanding>(file!("author_standing", 4), &[COMMON]),
    of_topic::<hark_model::Alert>(file!("alert", 5), &[COMMON]),
];

impl Schema {
    /// The subject it is registered under: `<topic>-value` (Confluent's TopicNameStrategy), with
    /// the topics named as under a prefix; a file that others import is called as they import it.
    pub fn subject(&self, prefix: &str) -> String {
        let carried = topics::ALL
            .iter()
            .find(|topic| self.message.is_some() && topic.message == self.message);
        carried.map_or_else(
            || self.file.to_owned(),
            |topic| format!("{}-value", topic.under(prefix)),
        )
    }

    /// The file as an encoded `google.protobuf.FileDescriptorProto`, without its comments.
    pub fn descriptor(&self) -> Vec<u8> {
        let file = POOL
            .get_file_by_name(self.file)
            .expect("a test finds every file among the descriptors");
        let mut descriptor = file.file_descriptor_proto().clone();
        descriptor.source_code_info = None;
        descriptor.encode_to_vec()
    }
}

/// The ids that values are written with: hark's own, or those of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaIds([u32; ALL.len()]);

impl SchemaIds {
    /// As `id` says of each file, asked in the order of [`ALL`].
    pub fn new(id: impl FnMut(Schema) -> u32) -> Self {
        Self(ALL.map(id))
    }

    /// The id of a file.
    pub fn of(&self, schema: &Schema) -> u32 {
        self.0[(schema.id - own_id(0)) as usize]
    }

    /// The id that values of a type are written with.
    pub fn of_values<T: Wire>(&self) -> u32 {
        self.0[(T::SCHEMA_ID - own_id(0)) as usize]
    }
}

/// hark's own.
impl Default for SchemaIds {
    fn default() -> Self {
        Self::new(|schema| schema.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_listed_with_its_imports_and_numbered_in_order() {
        assert_eq!(POOL.files().count(), ALL.len());
        for (number, schema) in (0..).zip(ALL) {
            assert_eq!(schema.id, own_id(number), "{}", schema.file);
            let file = POOL.get_file_by_name(schema.file).unwrap();
            let imports: Vec<_> = file
                .dependencies()
                .map(|imported| imported.name().to_owned())
                .collect();
            assert_eq!(imports, schema.imports, "{}", schema.file);
            if let Some(message) = schema.message {
                let parent = POOL.get_message_by_name(message).unwrap().parent_file();
                assert_eq!(parent.name(), schema.file);
            }
        }
    }

    #[test]
    fn what_is_imported_comes_before_what_imports_it() {
        for (place, schema) in ALL.iter().enumerate() {
            for import in schema.imports {
                assert!(ALL[..place].iter().any(|before| before.file == *import));
            }
        }
    }

    #[test]
    fn a_subject_is_the_topic_and_an_imported_file_its_name() {
        let subjects = ALL.map(|schema| schema.subject("acme"));
        assert_eq!(
            subjects,
            [
                "hark/v1/common.proto",
                "acme.items-value",
                "acme.mentions-value",
                "acme.share-of-voice-value",
                "acme.authors-value",
                "acme.alerts-value",
            ]
        );
    }

    #[test]
    fn an_id_of_harks_own_is_a_positive_number_for_those_who_count_with_a_sign() {
        for schema in ALL {
            assert!(i32::try_from(schema.id).is_ok_and(|id| id > 1_000_000_000));
        }
    }
}
