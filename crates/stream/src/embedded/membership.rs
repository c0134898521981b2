//! The group of one process: everything is its own.

use super::Shared;
use crate::{Assignment, Error, Membership};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Alone {
    shared: Arc<Shared>,
    /// Not told yet.
    partitions: Vec<u32>,
}

impl Alone {
    pub(super) fn new(shared: &Arc<Shared>, partitions: u32) -> Self {
        Self {
            shared: Arc::clone(shared),
            partitions: (0..partitions).collect(),
        }
    }
}

impl Membership for Alone {
    fn poll(&mut self, wait: Duration) -> Result<Vec<Assignment>, Error> {
        if !self.partitions.is_empty() {
            let all = std::mem::take(&mut self.partitions);
            return Ok(vec![Assignment::Assigned(all)]);
        }
        let interrupts = self.shared.signal.counts().interrupts;
        let until = Instant::now().checked_add(wait);
        let mut counts = self.shared.signal.counts();
        while counts.interrupts == interrupts && until.is_none_or(|until| Instant::now() < until) {
            counts = self.shared.signal.wait(counts.generation, until);
        }
        Ok(Vec::new())
    }

    /// Nothing is ever revoked.
    fn released(&mut self, _: &[u32]) -> Result<(), Error> {
        Ok(())
    }
}
