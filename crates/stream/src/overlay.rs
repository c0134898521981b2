//! State with changes upon it that are not committed yet.

use crate::{Commit, Error, State, StateChange};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Bound;

/// Reads as if its changes were committed.
pub struct Overlay<'a> {
    state: &'a dyn State,
    changes: BTreeMap<Cow<'a, [u8]>, Option<Cow<'a, [u8]>>>,
}

impl<'a> Overlay<'a> {
    /// Nothing changed yet.
    pub fn new(state: &'a dyn State) -> Self {
        Self {
            state,
            changes: BTreeMap::new(),
        }
    }

    /// With what a commit changes; of two changes to one key the later counts.
    pub fn with(state: &'a dyn State, commit: &'a Commit) -> Self {
        let change = |StateChange { key, value }: &'a StateChange| {
            (key.into(), value.as_deref().map(Cow::Borrowed))
        };
        // Sorted already, mostly, and then built at once.
        let changes = commit.state.iter().map(change).collect();
        Self { state, changes }
    }

    /// Changes a key; `None` removes it.
    pub fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.changes.insert(Cow::Owned(key), value.map(Cow::Owned));
    }

    /// What was changed, each key once, in the order of keys.
    pub fn into_changes(self) -> Vec<StateChange> {
        self.changes
            .into_iter()
            .map(|(key, value)| StateChange {
                key: key.into_owned(),
                value: value.map(Cow::into_owned),
            })
            .collect()
    }
}

impl State for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.changes.get(key) {
            Some(change) => Ok(change.as_deref().map(<[u8]>::to_vec)),
            None => self.state.get(key),
        }
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        if from >= to {
            return Ok(());
        }
        let range = (Bound::Included(from), Bound::Excluded(to));
        let mut changes = self.changes.range::<[u8], _>(range).peekable();
        let mut more = true;
        self.state.scan(from, to, &mut |key, value| {
            while more && let Some((new, change)) = changes.next_if(|(new, _)| ***new < *key) {
                more = change.as_deref().is_none_or(|value| visit(new, value));
            }
            if more {
                more = match changes.next_if(|(new, _)| ***new == *key) {
                    Some((_, Some(value))) => visit(key, value),
                    Some((_, None)) => true,
                    None => visit(key, value),
                };
            }
            more
        })?;
        while more && let Some((key, change)) = changes.next() {
            more = change.as_deref().is_none_or(|value| visit(key, value));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    struct Committed(BTreeMap<Vec<u8>, Vec<u8>>);

    impl State for Committed {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
            Ok(self.0.get(key).cloned())
        }

        fn scan(
            &self,
            from: &[u8],
            to: &[u8],
            visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
        ) -> Result<(), Error> {
            let range = self.0.range(from.to_vec()..to.to_vec());
            range.into_iter().all(|(key, value)| visit(key, value));
            Ok(())
        }
    }

    proptest! {
        #[test]
        fn an_overlay_reads_as_if_it_were_committed(
            before in prop::collection::btree_map(0..12_u8, 0..9_u8, 0..8),
            changes in prop::collection::vec((0..12_u8, prop::option::of(0..9_u8)), 0..8),
            from in 0..12_u8, to in 0..12_u8, most in 1..13_usize,
        ) {
            let bytes = |n: u8| vec![n];
            let mut after: BTreeMap<_, _> =
                before.into_iter().map(|(key, value)| (bytes(key), bytes(value))).collect();
            let committed = Committed(after.clone());
            let mut overlay = Overlay::new(&committed);
            for (key, value) in changes {
                match value {
                    Some(value) => {
                        after.insert(bytes(key), bytes(value));
                        overlay.put(bytes(key), Some(bytes(value)));
                    }
                    None => {
                        after.remove(&bytes(key));
                        overlay.put(bytes(key), None);
                    }
                }
            }
            let expected: Vec<_> = after
                .iter()
                .filter(|(key, _)| key[0] >= from && key[0] < to)
                .take(most)
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            let mut seen = Vec::new();
            overlay.scan(&[from], &[to], &mut |key, value| {
                seen.push((key.to_vec(), value.to_vec()));
                seen.len() < most
            }).unwrap();
            prop_assert_eq!(seen, expected);
            for key in 0..12 {
                prop_assert_eq!(overlay.get(&[key]).unwrap(), after.get(&bytes(key)).cloned());
            }
        }
    }
}
