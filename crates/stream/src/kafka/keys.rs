//! What a changelog and the store that mirrors it hold, by the first byte of a key.

use crate::{Error, State, StateChange, TopicName};
use std::ops::Deref;

/// The position on an input: the topic's name follows, the value is the next offset.
const POSITION: u8 = b'p';
/// Who wrote the last commit, and which of its commits it was.
const MARKER: u8 = b'm';
/// The stage's own state: its key follows.
const STATE: u8 = b's';
/// How far the store has followed the changelog. Only in the store.
const FOLLOWED: u8 = b'f';
/// When it last did: ms since the epoch. Only in the store.
const FOLLOWED_AT: u8 = b'g';
/// Which changelog it is. Only in the store.
const ORIGIN: u8 = b'o';

/// Which commit was the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    /// The handle that wrote it.
    pub(super) owner: [u8; 16],
    /// Its how manieth commit.
    pub(super) serial: u64,
}

impl Marker {
    pub(super) fn key() -> Vec<u8> {
        vec![MARKER]
    }

    pub(super) fn encode(self) -> Vec<u8> {
        [&self.owner[..], &self.serial.to_be_bytes()].concat()
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (owner, serial) = bytes.split_first_chunk::<16>()?;
        Some(Self {
            owner: *owner,
            serial: u64::from_be_bytes(serial.try_into().ok()?),
        })
    }
}

pub(super) fn followed_at() -> Vec<u8> {
    vec![FOLLOWED_AT]
}

pub(super) fn origin() -> Vec<u8> {
    vec![ORIGIN]
}

pub(super) fn followed() -> Vec<u8> {
    vec![FOLLOWED]
}

pub(super) fn position(topic: &TopicName) -> Vec<u8> {
    [&[POSITION], topic.as_str().as_bytes()].concat()
}

pub(super) fn state(key: &[u8]) -> Vec<u8> {
    [&[STATE], key].concat()
}

pub(super) fn number(bytes: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}

/// A number as a value.
pub(super) fn value(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

/// Sets a number.
pub(super) fn put(key: Vec<u8>, number: u64) -> StateChange {
    StateChange {
        key,
        value: Some(value(number)),
    }
}

/// The stage's own part of a store, or of a snapshot of one.
pub(super) struct Own<S>(pub(super) S);

impl<S: Deref<Target: State>> State for Own<S> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(&state(key))
    }

    fn scan(
        &self,
        from: &[u8],
        to: &[u8],
        visit: &mut dyn FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), Error> {
        let mut own = |key: &[u8], value: &[u8]| visit(&key[1..], value);
        self.0.scan(&state(from), &state(to), &mut own)
    }
}
