//! Words for the tests: mentions as sentences, a day with a clock, an aggregator with its store.
#![allow(
    dead_code,
    unused_imports,
    reason = "every test file uses a part of it"
)]
#![allow(clippy::unwrap_used, reason = "what fails here fails the test")]

pub(crate) mod calm;
pub(crate) mod listener;
pub(crate) mod mention;
pub(crate) mod noise;
pub(crate) mod oracle;
pub(crate) mod shared;
pub(crate) mod stream;
pub(crate) mod time;

pub(crate) use listener::{Listener, config, market};
pub(crate) use mention::{Said, mention};
pub(crate) use time::{at, minutes};
