//! Where each record of a file begins and ends.
//!
//! Records are found by their units alone, before anything is decoded, so that a record has a
//! true byte offset in every encoding and one that is too large never has to be held. Quotes
//! count exactly as they do for the `csv` crate, which parses each record afterwards: a test
//! compares the two.

use super::charset::Unit;
use super::units::Units;
use sha2::Sha256;
use std::io::{self, Read, Seek};

/// Bytes that are kept of a record that is larger than allowed.
const KEEP_OF_TOO_LARGE: usize = 64 * 1024;

/// How records end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// At the end of a line.
    Lines,
    /// At the end of a line that is not inside quotes; fields are parted by this character.
    Csv(u8),
}

/// Why a record is not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is larger than allowed.
    TooLarge,
    /// A quote in it is never closed.
    Unclosed,
}

/// A record's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Of its first byte.
    pub(super) offset: u64,
    /// Bytes of it, without the line end; of one that is too large, those that are kept.
    pub(super) len: u32,
    /// The line it begins on, from 1.
    pub(super) line: u32,
}

/// Cuts a file into records.
pub(super) struct Framer<R> {
    units: Units<R>,
    dialect: Dialect,
    cap: usize,
    line: u32,
    after_return: bool,
    record: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    QuoteSeen,
}

impl<R: Read + Seek> Framer<R> {
    /// Records of `input` from its beginning, each of at most `cap` bytes.
    pub(super) fn new(input: R, unit: Unit, dialect: Dialect, cap: usize) -> Self {
        let cap = cap.min(u32::MAX as usize);
        let units = Units::new(input, unit);
        Self {
            units,
            dialect,
            cap,
            line: 1,
            after_return: false,
            record: Vec::new(),
        }
    }

    /// Passes over `bytes` bytes.
    pub(super) fn skip(&mut self, bytes: u64) -> io::Result<()> {
        self.units.skip(bytes)
    }

    /// Offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.units.position()
    }

    /// The bytes of the record found last.
    pub(super) fn record(&self) -> &[u8] {
        &self.record
    }

    /// The hash of everything read.
    pub(super) fn into_hash(self) -> Sha256 {
        self.units.into_hash()
    }

    /// Finds the next record; empty lines are none.
    pub(super) fn next(&mut self) -> io::Result<Option<(Place, Option<Fault>)>> {
        loop {
            let Some(found) = self.frame()? else {
                return Ok(None);
            };
            if found.0.len > 0 {
                return Ok(Some(found));
            }
        }
    }

    fn frame(&mut self) -> io::Result<Option<(Place, Option<Fault>)>> {
        let (offset, line) = (self.position(), self.line);
        let mut state = State::FieldStart;
        let mut too_large = false;
        let mut first_break = None;
        self.record.clear();
        while let Some((unit, bytes)) = self.units.next()? {
            let ends_line = self.count_line(unit);
            if ends_line && state != State::Quoted {
                return Ok(Some(self.found(offset, line, too_large)));
            }
            if let Dialect::Csv(delimiter) = self.dialect {
                state = after(state, unit, delimiter);
            }
            if too_large || self.record.len() + bytes.len() > self.cap {
                too_large = true;
            } else {
                self.record.extend_from_slice(bytes.as_slice());
            }
            if ends_line && first_break.is_none() {
                first_break = Some((self.position(), self.line, self.record.len()));
            }
        }
        if state == State::Quoted {
            // The quote has swallowed the rest of the file: give up its first line only.
            if let Some((next, next_line, len)) = first_break {
                self.record.truncate(len);
                self.units.go_back(next)?;
                (self.line, self.after_return) = (next_line, false);
            }
            let (place, _) = self.found(offset, line, too_large);
            return Ok(Some((place, Some(Fault::Unclosed))));
        }
        let at_end = self.record.is_empty() && self.position() == offset;
        Ok((!at_end).then(|| self.found(offset, line, too_large)))
    }

    fn found(&mut self, offset: u64, line: u32, too_large: bool) -> (Place, Option<Fault>) {
        if too_large {
            self.record.truncate(KEEP_OF_TOO_LARGE);
        }
        let place = Place {
            offset,
            len: self.record.len() as u32,
            line,
        };
        (place, too_large.then_some(Fault::TooLarge))
    }

    /// Counts lines as editors do; true at a line end.
    fn count_line(&mut self, unit: u16) -> bool {
        let (is_return, is_feed) = (unit == u16::from(b'\r'), unit == u16::from(b'\n'));
        if is_return || (is_feed && !self.after_return) {
            self.line = self.line.saturating_add(1);
        }
        self.after_return = is_return;
        is_return || is_feed
    }
}

/// A quote opens only at the beginning of a field; two of them inside quotes are one.
fn after(state: State, unit: u16, delimiter: u8) -> State {
    let quote = unit == u16::from(b'"');
    match state {
        State::Quoted if quote => State::QuoteSeen,
        State::Quoted => State::Quoted,
        State::QuoteSeen | State::FieldStart if quote => State::Quoted,
        _ if unit == u16::from(delimiter) => State::FieldStart,
        _ => State::Plain,
    }
}

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
