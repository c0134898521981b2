//! The task's state as the calculus sees it: what is committed, and what the step has changed.

use hark_insight::{Store, StoreError};
use hark_stream::{Overlay, State, StateChange};

/// A step's view of the state: reads through to what is committed, collects what changes.
pub(crate) struct StepStore<'a>(Overlay<'a>);

impl<'a> StepStore<'a> {
    pub(crate) fn new(state: &'a dyn State) -> Self {
        Self(Overlay::new(state))
    }

    pub(crate) fn into_changes(self) -> Vec<StateChange> {
        self.0.into_changes()
    }
}

impl Store for StepStore<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key).map_err(failed)
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.0.put(key, value);
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        Snapshot(&self.0).scan(from, to, visit)
    }
}

/// Committed state, for looking only: what `hark report` reads.
pub struct Snapshot<'a>(pub &'a dyn State);

impl Store for Snapshot<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key).map_err(failed)
    }

    /// Nothing is ever put into a snapshot: reports only read.
    fn put(&mut self, _key: Vec<u8>, _value: Option<Vec<u8>>) {}

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        let scan = self.0.scan(from, to, &mut |key, value| {
            visit(key, value);
            true
        });
        scan.map_err(failed)
    }
}

fn failed(error: hark_stream::Error) -> StoreError {
    StoreError(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    struct Committed(BTreeMap<Vec<u8>, Vec<u8>>);

    impl State for Committed {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, hark_stream::Error> {
            Ok(self.0.get(key).cloned())
        }

        fn scan(
            &self,
            from: &[u8],
            to: &[u8],
            visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
        ) -> Result<(), hark_stream::Error> {
            let mut range = self.0.range(from.to_vec()..to.to_vec());
            range.all(|(key, value)| visit(key, value));
            Ok(())
        }
    }

    #[test]
    fn a_scan_sees_what_the_step_changed_in_its_place() {
        let rows = [(b"a", b"1"), (b"b", b"2"), (b"d", b"4")];
        let rows = rows.map(|(key, value)| (key.to_vec(), value.to_vec()));
        let committed = Committed(rows.into());
        let mut store = StepStore::new(&committed);
        store.put(b"b".to_vec(), None);
        store.put(b"c".to_vec(), Some(b"3".to_vec()));
        store.put(b"d".to_vec(), Some(b"5".to_vec()));
        let mut seen = Vec::new();
        store
            .scan(b"a", b"z", &mut |key, value| {
                seen.push((key.to_vec(), value.to_vec()));
            })
            .unwrap();
        let wanted = [(b"a", b"1"), (b"c", b"3"), (b"d", b"5")];
        assert_eq!(
            seen,
            wanted.map(|(key, value)| (key.to_vec(), value.to_vec()))
        );
        assert_eq!(store.into_changes().len(), 3);
    }
}
