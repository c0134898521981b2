//! What the calculus remembers, behind a seam of three calls.

use std::collections::BTreeMap;

/// The store failed; the calculus cannot go on and nothing of the step counts.
#[derive(Debug, thiserror::Error)]
#[error("the state store failed: {0}")]
pub struct StoreError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// An ordered map of bytes. Writes are seen by later reads of the same step at once.
pub trait Store {
    /// The value under a key.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets a key, or with `None` removes it.
    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>);

    /// Visits the keys in `from..to` in byte order.
    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError>;
}

/// A store that forgets everything with the process: for tests and for looking back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryStore {
    rows: BTreeMap<Key, Vec<u8>>,
}

/// A key that is nearly always told from another by numbers that lie in the tree itself: most of
/// the time of a plain map of bytes went into following pointers to compare.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The first 24 bytes as big-endian numbers, filled up with zeros: they sort as the bytes do.
    head: [u64; 3],
    bytes: Vec<u8>,
}

impl Key {
    fn new(bytes: Vec<u8>) -> Self {
        let head = std::array::from_fn(|place| {
            let mut eight = [0; 8];
            let part = bytes.get(place * 8..).unwrap_or_default();
            let part = &part[..part.len().min(8)];
            eight[..part.len()].copy_from_slice(part);
            u64::from_be_bytes(eight)
        });
        Self { head, bytes }
    }
}

impl MemoryStore {
    /// How many keys it holds.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.get(&Key::new(key.to_vec())).cloned())
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        match value {
            Some(value) => {
                self.rows.insert(Key::new(key), value);
            }
            None => {
                self.rows.remove(&Key::new(key));
            }
        }
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        let (from, to) = (Key::new(from.to_vec()), Key::new(to.to_vec()));
        if from < to {
            self.rows
                .range(from..to)
                .for_each(|(key, value)| visit(&key.bytes, value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_bytes_do() {
        let mut keys: Vec<Vec<u8>> = vec![Vec::new()];
        for length in [1, 7, 8, 9, 23, 24, 25, 40] {
            for last in [0, 1, 127, 128, 255] {
                let mut key = vec![b'k'; length];
                key[length - 1] = last;
                keys.push(key);
            }
        }
        for a in &keys {
            for b in &keys {
                assert_eq!(
                    Key::new(a.clone()).cmp(&Key::new(b.clone())),
                    a.cmp(b),
                    "{a:?} {b:?}"
                );
            }
        }
    }
}
