//! The task's state as the calculus sees it: what is committed, and what the step has changed.

use hark_insight::{Store, StoreError};
use hark_stream::{State, StateChange};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A step's view of the state: reads through to what is committed, collects what changes.
pub(crate) struct StepStore<'a> {
    state: &'a dyn State,
    changed: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
}

impl<'a> StepStore<'a> {
    pub(crate) fn new(state: &'a dyn State) -> Self {
        Self {
            state,
            changed: BTreeMap::new(),
        }
    }

    pub(crate) fn into_changes(self) -> Vec<StateChange> {
        self.changed
            .into_iter()
            .map(|(key, value)| StateChange { key, value })
            .collect()
    }
}

impl Store for StepStore<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.changed.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.state.get(key).map_err(failed),
        }
    }

    fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
        self.changed.insert(key, value);
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]),
    ) -> Result<(), StoreError> {
        if from >= to {
            return Ok(());
        }
        let range = (Bound::Included(from), Bound::Excluded(to));
        let mut changed = self.changed.range::<[u8], _>(range).peekable();
        self.state
            .scan(from, to, &mut |key, value| {
                while let Some((earlier, value)) = changed.next_if(|(k, _)| k.as_slice() < key) {
                    if let Some(value) = value {
                        visit(earlier, value);
                    }
                }
                match changed.next_if(|(k, _)| k.as_slice() == key) {
                    Some((_, Some(newer))) => visit(key, newer),
                    Some((_, None)) => {}
                    None => visit(key, value),
                }
                true
            })
            .map_err(failed)?;
        for (key, value) in changed {
            if let Some(value) = value {
                visit(key, value);
            }
        }
        Ok(())
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
    use hark_stream::Error;

    /// Committed rows.
    struct Rows(BTreeMap<Vec<u8>, Vec<u8>>);

    impl State for Rows {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
            Ok(self.0.get(key).cloned())
        }

        fn scan(
            &self,
            from: &[u8],
            to: &[u8],
            visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
        ) -> Result<(), Error> {
            let mut rows = self.0.range(from.to_vec()..to.to_vec());
            rows.try_for_each(|(key, value)| visit(key, value).then_some(()));
            Ok(())
        }
    }

    #[test]
    fn a_scan_sees_what_the_step_changed_in_its_place() {
        let row = |key: &str| (key.as_bytes().to_vec(), b"old".to_vec());
        let rows = Rows(["b", "d", "f", "h"].map(row).into());
        let mut store = StepStore::new(&rows);
        for (key, value) in [
            ("a", Some("new")),
            ("c", Some("new")),
            ("d", None),
            ("f", Some("new")),
            ("g", Some("new")),
            ("z", Some("new")),
        ] {
            store.put(key.into(), value.map(Into::into));
        }
        let mut seen = String::new();
        store
            .scan(b"a", b"i", &mut |key, value| {
                seen += &format!(
                    "{}={} ",
                    String::from_utf8_lossy(key),
                    String::from_utf8_lossy(value)
                );
            })
            .unwrap();
        assert_eq!(seen, "a=new b=old c=new f=new g=new h=old ");
        assert_eq!(store.get(b"d").unwrap(), None);
        assert_eq!(store.get(b"b").unwrap().as_deref(), Some(b"old".as_slice()));
    }
}
