//! Authors who deleted everything of theirs.

use crate::store::{Store, StoreError};
use crate::tables::{self, GONE};
use hark_model::{AuthorDelete, AuthorKey, Mention};
use std::collections::HashMap;

/// Who is gone, up to which order. In memory, for every mention asks and few authors go.
#[derive(Debug, Default)]
pub(crate) struct Gone(HashMap<AuthorKey, i64>);

impl Gone {
    pub(crate) fn restore(store: &dyn Store) -> Result<Self, StoreError> {
        let rows: Vec<(Vec<u8>, i64)> = tables::rows(store, GONE.key(&[]))?;
        let author = |(key, order): (Vec<u8>, i64)| {
            let author = <[u8; 16]>::try_from(&key[1..]).ok()?;
            Some((AuthorKey::new(author), order))
        };
        Ok(Self(rows.into_iter().filter_map(author).collect()))
    }

    /// Whether the author deleted everything of theirs, this version included.
    pub(crate) fn includes(&self, mention: &Mention) -> bool {
        let order = mention.author.and_then(|author| self.0.get(&author));
        order.is_some_and(|order| *order >= mention.version.order)
    }

    /// Notes a deletion. Returns whether it was news.
    pub(crate) fn note(&mut self, delete: &AuthorDelete, store: &mut dyn Store) -> bool {
        let order = delete.version.order;
        let known = self.0.get(&delete.author);
        if known.is_some_and(|known| *known >= order) {
            return false;
        }
        self.0.insert(delete.author, order);
        tables::save(store, GONE.key(&[delete.author.bytes()]), &order);
        true
    }
}
