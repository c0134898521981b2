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
