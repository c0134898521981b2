//! How far a file has come, for whoever draws a bar.

/// Told of a file's progress, from whatever thread reads it; must not block.
pub trait Progress: Send + Sync {
    /// The first reading, which puts the rows in order, has seen `bytes` of `total`.
    fn indexed(&self, bytes: u64, total: u64);

    /// `records` of `total` have been handed to the pipeline.
    fn delivered(&self, records: u64, total: u64);
}

/// Nobody is watching.
pub(super) struct Unwatched;

impl Progress for Unwatched {
    fn indexed(&self, _bytes: u64, _total: u64) {}
    fn delivered(&self, _records: u64, _total: u64) {}
}
