//! What was written before: so that a second delivery writes nothing, and a deletion of what
//! nobody asked for is not passed on.

use crate::pipeline::Prepared;
use hark_model::{AuthorKey, Item, ItemDelete, Version};
use hark_stream::{Error, State, StateChange};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// The newest version of an item that was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    order: i64,
    /// A deletion; outranks an upsert of the same order.
    gone: bool,
    tag: Arc<str>,
    /// Whose it is: sources often leave that out of a deletion, and what comes after needs it.
    #[serde(with = "author")]
    author: Option<AuthorKey>,
}

/// An author's key as sixteen bytes, not as a list of numbers.
mod author {
    use super::AuthorKey;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        author: &Option<AuthorKey>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let number = author.map(|author| u128::from_be_bytes(*author.bytes()));
        number.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<AuthorKey>, D::Error> {
        let number = Option::<u128>::deserialize(from)?;
        Ok(number.map(|number| AuthorKey::new(number.to_be_bytes())))
    }
}

impl Known {
    fn of(version: &Version, gone: bool, author: Option<AuthorKey>) -> Self {
        Self {
            order: version.order,
            gone,
            tag: Arc::clone(&version.tag),
            author,
        }
    }

    fn rank(&self) -> (i64, bool, &str) {
        (self.order, self.gone, &self.tag)
    }
}

/// What is to be done with a prepared event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Write it.
    Write,
    /// The item was another author's: write first that it is gone from there.
    TakeBackAndWrite(ItemDelete),
    /// Written before, in this version or a newer one.
    Duplicate,
    /// About nothing that was ever written.
    Filter,
}

/// The table of one source, as one step sees it: what is committed, and what the step adds.
pub(crate) struct Seen<'a> {
    state: &'a dyn State,
    added: HashMap<Vec<u8>, Vec<u8>>,
    /// Deletions may come before what they delete: remember and pass on those of unknown items.
    keep_unknown_deletes: bool,
}

const ITEM: u8 = b's';
const AUTHOR: u8 = b'a';

impl<'a> Seen<'a> {
    pub(crate) fn new(state: &'a dyn State, keep_unknown_deletes: bool) -> Self {
        Self {
            state,
            added: HashMap::new(),
            keep_unknown_deletes,
        }
    }

    /// Decides on an event, and remembers it when it is to be written. A deletion learns whose
    /// the item was.
    pub(crate) fn judge(&mut self, prepared: &mut Prepared) -> Result<Verdict, Error> {
        match prepared {
            Prepared::Item(item) => self.item(item),
            Prepared::Unmatched(delete) => self.gone(delete, false),
            Prepared::Delete(delete) => self.gone(delete, self.keep_unknown_deletes),
            Prepared::AuthorDelete(delete) => {
                let known = self.get(&author_key(delete.author))?.is_some();
                let write = known || self.keep_unknown_deletes;
                Ok(if write {
                    Verdict::Write
                } else {
                    Verdict::Filter
                })
            }
            Prepared::Gap(_) | Prepared::Unusable { .. } => Ok(Verdict::Write),
        }
    }

    fn item(&mut self, item: &Item) -> Result<Verdict, Error> {
        let key = item_key(&item.id.native_id);
        let author = item.author.map(|author| author.key);
        let arriving = Known::of(&item.version, false, author);
        let known = self.known(&key)?;
        if let Some(known) = &known
            && known.rank() >= arriving.rank()
        {
            return Ok(Verdict::Duplicate);
        }
        self.put(key, &arriving);
        if let Some(author) = author {
            self.author(author)?;
        }
        Ok(match known {
            Some(known) if known.author != author && !known.gone => {
                Verdict::TakeBackAndWrite(ItemDelete {
                    id: item.id.clone(),
                    version: item.version.clone(),
                    author: known.author,
                    arrived_at: item.arrived_at,
                })
            }
            _ => Verdict::Write,
        })
    }

    fn gone(&mut self, delete: &mut ItemDelete, keep_unknown: bool) -> Result<Verdict, Error> {
        let key = item_key(&delete.id.native_id);
        let known = self.known(&key)?;
        if let Some(known) = &known {
            delete.author = known.author;
        }
        let arriving = Known::of(&delete.version, true, delete.author);
        match known {
            Some(known) if known.rank() >= arriving.rank() => Ok(Verdict::Duplicate),
            None if !keep_unknown => Ok(Verdict::Filter),
            _ => {
                self.put(key, &arriving);
                Ok(Verdict::Write)
            }
        }
    }

    fn author(&mut self, author: AuthorKey) -> Result<(), Error> {
        let key = author_key(author);
        if self.get(&key)?.is_none() {
            self.added.insert(key, Vec::new());
        }
        Ok(())
    }

    fn known(&self, key: &[u8]) -> Result<Option<Known>, Error> {
        let Some(bytes) = self.get(key)? else {
            return Ok(None);
        };
        let known = rmp_serde::from_slice(&bytes).map_err(|error| Error::Io {
            context: "reading what ingest has seen".to_owned(),
            message: error.to_string(),
            retryable: false,
        })?;
        Ok(Some(known))
    }

    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.added.get(key) {
            Some(value) => Ok(Some(value.clone())),
            None => self.state.get(key),
        }
    }

    fn put(&mut self, key: Vec<u8>, known: &Known) {
        let bytes = rmp_serde::to_vec(known).expect("numbers, a flag and texts");
        self.added.insert(key, bytes);
    }

    /// What the step adds to the state.
    pub(crate) fn into_changes(self) -> impl Iterator<Item = StateChange> {
        self.added.into_iter().map(|(key, value)| StateChange {
            key,
            value: Some(value),
        })
    }
}

fn item_key(native_id: &str) -> Vec<u8> {
    [&[ITEM], native_id.as_bytes()].concat()
}

fn author_key(author: AuthorKey) -> Vec<u8> {
    [&[AUTHOR], author.bytes().as_slice()].concat()
}
