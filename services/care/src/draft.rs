//! A commit being written, that can already be read.

use hark_stream::{Commit, Error, NewRecord, Overlay, State};

/// The task's state with changes upon it that are not committed yet, and records to publish.
pub(crate) struct Draft<'a> {
    state: Overlay<'a>,
    records: Vec<NewRecord>,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(state: &'a dyn State) -> Self {
        Self {
            state: Overlay::new(state),
            records: Vec::new(),
        }
    }

    pub(crate) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.state.put(key, Some(value));
    }

    pub(crate) fn remove(&mut self, key: Vec<u8>) {
        self.state.put(key, None);
    }

    pub(crate) fn publish(&mut self, record: NewRecord) {
        self.records.push(record);
    }

    pub(crate) fn into_commit(self) -> Commit {
        Commit {
            records: self.records,
            state: self.state.into_changes(),
            offsets: Vec::new(),
        }
    }
}

impl State for Draft<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.state.get(key)
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        self.state.scan(from, to, visit)
    }
}
