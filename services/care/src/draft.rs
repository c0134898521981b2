//! A commit being written, that can already be read.

use hark_stream::{Commit, Error, NewRecord, State, StateChange};
use std::collections::BTreeMap;

/// The task's state with changes upon it that are not committed yet.
pub(crate) struct Draft<'a> {
    state: &'a dyn State,
    changes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    records: Vec<NewRecord>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(state: &'a dyn State) -> Self {
        Self {
            state,
            changes: BTreeMap::new(),
            records: Vec::new(),
        }
    }

    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.changes.insert(key, Some(value));
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.changes.insert(key, None);
    }

    pub(crate) fn publish(&mut self, record: NewRecord) {
        self.records.push(record);
    }

    pub(crate) fn into_commit(self) -> Commit {
        let state = self
            .changes
            .into_iter()
            .map(|(key, value)| StateChange { key, value });
        Commit {
            records: self.records,
            state: state.collect(),
            offsets: Vec::new(),
        }
    }
}

impl State for Draft<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        match self.changes.get(key) {
            Some(change) => Ok(change.clone()),
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
        let mut changes = self.changes.range(from.to_vec()..to.to_vec()).peekable();
        let mut more = true;
        self.state.scan(from, to, &mut |key, value| {
            while more && let Some((new, change)) = changes.next_if(|(new, _)| new.as_slice() < key)
            {
                more = change.as_ref().is_none_or(|value| visit(new, value));
            }
            if more {
                more = match changes.next_if(|(new, _)| new.as_slice() == key) {
                    Some((_, Some(value))) => visit(key, value),
                    Some((_, None)) => true,
                    None => visit(key, value),
                };
            }
            more
        })?;
        while more && let Some((key, change)) = changes.next() {
            more = change.as_ref().is_none_or(|value| visit(key, value));
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
        fn a_draft_reads_as_if_it_were_committed(
            before in prop::collection::btree_map(0..12_u8, 0..9_u8, 0..8),
            changes in prop::collection::vec((0..12_u8, prop::option::of(0..9_u8)), 0..8),
            from in 0..12_u8, to in 0..12_u8, most in 1..13_usize,
        ) {
            let bytes = |n: u8| vec![n];
            let mut after: BTreeMap<_, _> =
                before.into_iter().map(|(key, value)| (bytes(key), bytes(value))).collect();
            let committed = Committed(after.clone());
            let mut draft = Draft::new(&committed);
            for (key, value) in changes {
                match value {
                    Some(value) => {
                        after.insert(bytes(key), bytes(value));
                        draft.put(bytes(key), bytes(value));
                    }
                    None => {
                        after.remove(&bytes(key));
                        draft.remove(bytes(key));
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
            draft.scan(&[from], &[to], &mut |key, value| {
                seen.push((key.to_vec(), value.to_vec()));
                seen.len() < most
            }).unwrap();
            prop_assert_eq!(seen, expected);
            for key in 0..12 {
                prop_assert_eq!(draft.get(&[key]).unwrap(), after.get(&bytes(key)).cloned());
            }
        }
    }
}
