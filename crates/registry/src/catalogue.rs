//! The schemas under their subjects.

use crate::PROTOBUF;
use hark_proto::schemas::{self, Schema, SchemaIds};
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The version of every subject here: a file is only ever added to, and the newest is served.
pub(crate) const VERSION: u32 = 1;

/// Every schema that consumers of the topics need, each with its subject and id.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
}

/// A schema under its subject.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The subject.
    pub subject: String,
    /// The id in the frame of values.
    pub id: u32,
    /// The file.
    pub schema: Schema,
    /// What it imports.
    pub references: Vec<Reference>,
}

/// An imported file, as a registry finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reference {
    /// The name in the import.
    pub name: String,
    /// The subject it is registered under.
    pub subject: String,
    /// The version of that subject.
    pub version: u32,
}

impl Catalogue {
    /// The schemas of topics under a prefix, with these ids; first what others import.
    pub fn new(prefix: &str, ids: &SchemaIds) -> Self {
        let entry = |schema: Schema| Entry {
            subject: schema.subject(prefix),
            id: ids.of(&schema),
            schema,
            references: schema
                .imports
                .iter()
                .map(|import| Reference {
                    name: (*import).to_owned(),
                    subject: (*import).to_owned(),
                    version: VERSION,
                })
                .collect(),
        };
        Self {
            entries: schemas::ALL.map(entry).to_vec(),
        }
    }

    /// All of them, first what others import.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The one under a subject.
    pub fn subject(&self, subject: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.subject == subject)
    }

    /// The one with an id.
    pub fn id(&self, id: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

impl Entry {
    /// As a registry answers when asked for a version of the subject.
    pub fn json(&self) -> Value {
        let mut object = Map::new();
        object.insert("subject".to_owned(), json!(self.subject));
        object.insert("version".to_owned(), json!(VERSION));
        object.insert("id".to_owned(), json!(self.id));
        object.append(&mut self.body(self.schema.text));
        Value::Object(object)
    }

    /// As a registry takes it, with its subject.
    pub fn request(&self) -> Value {
        let mut object = Map::new();
        object.insert("subject".to_owned(), json!(self.subject));
        object.append(&mut self.body(self.schema.text));
        Value::Object(object)
    }

    /// What of it does not depend on where it stands, with the schema given as a text.
    pub(crate) fn body(&self, text: &str) -> Map<String, Value> {
        let mut object = Map::new();
        object.insert("schemaType".to_owned(), json!(PROTOBUF));
        if !self.references.is_empty() {
            object.insert("references".to_owned(), json!(self.references));
        }
        object.insert("schema".to_owned(), json!(text));
        object
    }
}
