//! The envelope of a Jetstream event.

use serde::Deserialize;
use serde_json::Value;

/// One event. What newer services add (such as `cursor`) is passed over.
#[derive(Debug, Deserialize)]
pub(super) struct Envelope {
    /// Whose it is.
    pub(super) did: String,
    /// The service's own time, in microseconds since the epoch.
    pub(super) time_us: i64,
    /// commit, account, identity, or something newer.
    pub(super) kind: String,
    /// A change of a record.
    pub(super) commit: Option<Commit>,
    /// A change of an account's standing.
    pub(super) account: Option<Account>,
}

/// A change of a record.
#[derive(Debug, Deserialize)]
pub(super) struct Commit {
    /// The revision of its owner's repository, a TID; grows with each change.
    pub(super) rev: String,
    /// create, update or delete.
    pub(super) operation: String,
    /// What kind of record.
    pub(super) collection: String,
    /// Its key in the collection.
    pub(super) rkey: String,
    /// The record; absent for a delete.
    pub(super) record: Option<Value>,
    /// The hash of its content; absent for a delete.
    pub(super) cid: Option<String>,
}

/// A change of an account's standing.
#[derive(Debug, Deserialize)]
pub(super) struct Account {
    /// Whether what it wrote may be shown.
    pub(super) active: bool,
    /// Why not.
    pub(super) status: Option<String>,
}
