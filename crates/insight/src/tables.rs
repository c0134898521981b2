//! The rows of the store: keys that sort well, values that can grow new fields.

use crate::contribution::{Contribution, Experience, ItemKey};
use crate::store::{Store, StoreError};
use hark_model::{AuthorKey, BrandId, Minute, Version};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is known of one item: the newest version, and where its mentions were counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ItemRow {
    pub(crate) order: i64,
    pub(crate) tag: Arc<str>,
    /// Gone at its source. A tombstone outranks an upsert of the same order.
    pub(crate) gone: bool,
    /// The brands of this version already counted, each with the minute it was counted in and
    /// the place of its contribution there.
    pub(crate) counted: Vec<(String, i64, u64)>,
}

impl ItemRow {
    /// The order in which versions win: later, then deletes over upserts, then the tag.
    pub(crate) fn rank(&self) -> (i64, bool, &str) {
        (self.order, self.gone, &self.tag)
    }

    pub(crate) fn version(version: &Version, gone: bool) -> Self {
        Self {
            order: version.order,
            tag: Arc::clone(&version.tag),
            gone,
            counted: Vec::new(),
        }
    }
}

/// An author's experiences with one brand, oldest first, and what followed from them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct AuthorRow {
    pub(crate) experiences: Vec<Experience>,
}

/// A typed table: the first byte of its keys names it.
pub(crate) struct Table(u8);

/// What a row of [`AUTHORS`] is about, the byte behind the author's key. All that is known of an
/// author lies side by side, for a mention needs all of it, and authors come in no order.
mod of_author {
    pub(super) const EXPERIENCES: u8 = b'e';
    pub(super) const ITEM: u8 = b'i';
}

pub(crate) const CLOCK: Table = Table(b'0');
pub(crate) const ITEMS: Table = Table(b'i');
pub(crate) const CONTRIBUTIONS: Table = Table(b'c');
pub(crate) const AUTHORS: Table = Table(b'a');
pub(crate) const GONE: Table = Table(b'x');
pub(crate) const BASELINES: Table = Table(b'b');
pub(crate) const TERMS: Table = Table(b't');
pub(crate) const RECENTS: Table = Table(b'n');
pub(crate) const GROUPS: Table = Table(b'g');
pub(crate) const GAPS: Table = Table(b'h');
pub(crate) const SHARES: Table = Table(b's');

/// Ends a text inside a key: ids hold no zero byte that matters, and it sorts before all others.
const END: u8 = 0;

impl Table {
    pub(crate) fn key(&self, parts: &[&[u8]]) -> Vec<u8> {
        let mut key =
            Vec::with_capacity(2 + parts.iter().map(|part| part.len() + 1).sum::<usize>());
        key.push(self.0);
        for part in parts {
            key.extend_from_slice(part);
        }
        key
    }

    /// The first key after every key that begins with `prefix`.
    pub(crate) fn after(mut prefix: Vec<u8>) -> Vec<u8> {
        while let Some(last) = prefix.pop() {
            if last < u8::MAX {
                prefix.push(last + 1);
                break;
            }
        }
        prefix
    }
}

pub(crate) fn brand_part(brand: &str) -> Vec<u8> {
    let mut part = brand.as_bytes().to_vec();
    part.push(END);
    part
}

/// Minutes sort as numbers: the sign bit is flipped so that those before 1970 come first.
fn minute_part(minute: Minute) -> [u8; 8] {
    ((minute.get() as u64) ^ (1 << 63)).to_be_bytes()
}

/// An item belongs to its author; one without has a table of its own.
pub(crate) fn item_key(author: Option<AuthorKey>, item: ItemKey) -> Vec<u8> {
    match author {
        Some(author) => AUTHORS.key(&[author.bytes(), &[of_author::ITEM], &item.0]),
        None => ITEMS.key(&[&item.0]),
    }
}

/// What the keys of an author's items begin with.
pub(crate) fn items_of(author: AuthorKey) -> Vec<u8> {
    AUTHORS.key(&[author.bytes(), &[of_author::ITEM]])
}

/// `place` tells the contributions of a minute apart, by when they came, so that new rows lie
/// beside each other: the offset of the record that a contribution came from.
pub(crate) fn contribution_key(brand: &str, minute: Minute, place: u64) -> Vec<u8> {
    CONTRIBUTIONS.key(&[
        &brand_part(brand),
        &minute_part(minute),
        &place.to_be_bytes(),
    ])
}

pub(crate) fn experiences_key(author: AuthorKey, brand: &BrandId) -> Vec<u8> {
    let brand = brand.as_str().as_bytes();
    AUTHORS.key(&[author.bytes(), &[of_author::EXPERIENCES], brand])
}

/// Calls `visit` with everybody's experiences with every brand.
pub(crate) fn experiences(
    store: &dyn Store,
    visit: &mut dyn FnMut(AuthorKey, BrandId, AuthorRow),
) -> Result<(), StoreError> {
    let prefix = AUTHORS.key(&[]);
    let end = Table::after(prefix.clone());
    each(store, &prefix, &end, &mut |key, value| {
        let Some((author, rest)) = key[1..].split_first_chunk::<16>() else {
            return Ok(());
        };
        let [of_author::EXPERIENCES, brand @ ..] = rest else {
            return Ok(());
        };
        let brand = BrandId::new(String::from_utf8_lossy(brand));
        visit(AuthorKey::new(*author), brand, decode(value)?);
        Ok(())
    })
}

/// Takes one row, its key and its value.
type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

/// Calls `visit` with each row of the keys `from..to`, up to its first error.
fn each(
    store: &dyn Store,
    from: &[u8],
    to: &[u8],
    visit: &mut Visit<'_>,
) -> Result<(), StoreError> {
    let mut outcome = Ok(());
    store.scan(from, to, &mut |key, value| {
        if outcome.is_ok() {
            outcome = visit(key, value);
        }
    })?;
    outcome
}

pub(crate) fn load<T: DeserializeOwned>(
    store: &dyn Store,
    key: &[u8],
) -> Result<Option<T>, StoreError> {
    store.get(key)?.map(|bytes| decode(&bytes)).transpose()
}

pub(crate) fn save<T: Serialize>(store: &mut dyn Store, key: Vec<u8>, value: &T) {
    store.put(key, Some(encode(value)));
}

pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    rmp_serde::to_vec(value).expect("rows are plain data: numbers, texts and lists")
}

pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StoreError> {
    rmp_serde::from_slice(bytes).map_err(|error| StoreError(Box::new(error)))
}

/// Calls `visit` with each contribution to a brand in the minutes `from..to`.
pub(crate) fn contributions(
    store: &dyn Store,
    brand: &str,
    from: Minute,
    to: Minute,
    visit: &mut dyn FnMut(Contribution),
) -> Result<(), StoreError> {
    let brand = brand_part(brand);
    let start = CONTRIBUTIONS.key(&[&brand, &minute_part(from)]);
    let end = CONTRIBUTIONS.key(&[&brand, &minute_part(to)]);
    each(store, &start, &end, &mut |_, value| {
        visit(decode(value)?);
        Ok(())
    })
}

/// Every value of a table under a prefix, decoded, with its key.
pub(crate) fn rows<T: DeserializeOwned>(
    store: &dyn Store,
    prefix: Vec<u8>,
) -> Result<Vec<(Vec<u8>, T)>, StoreError> {
    let mut found = Vec::new();
    let end = Table::after(prefix.clone());
    each(store, &prefix, &end, &mut |key, value| {
        found.push((key.to_vec(), decode(value)?));
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_before_1970_sort_before_those_after_it() {
        let keys: Vec<_> = [-2, -1, 0, 1, i64::from(i32::MAX)]
            .map(|minute| contribution_key("b", Minute::new(minute), 0))
            .to_vec();
        assert!(keys.is_sorted());
    }

    #[test]
    fn a_brand_whose_id_begins_with_anothers_keeps_its_own_rows() {
        let prefix = CONTRIBUTIONS.key(&[&brand_part("air")]);
        let other = contribution_key("airline", Minute::new(0), 0);
        assert!(!other.starts_with(&prefix));
    }
}
