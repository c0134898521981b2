//! A file's units, one after the other, with true byte offsets and a hash of all of them.

use super::charset::Unit;
use sha2::{Digest, Sha256};
use std::io::{self, Read, Seek, SeekFrom};

const BUFFER: usize = 64 * 1024;

/// Reads units.
pub(super) struct Units<R> {
    input: R,
    unit: Unit,
    buffer: Vec<u8>,
    used: usize,
    /// Offset of the first byte behind the buffer.
    filled_to: u64,
    hashed_to: u64,
    hash: Sha256,
}

/// A unit's bytes: two, or one.
#[derive(Clone, Copy)]
pub(super) struct UnitBytes([u8; 2], usize);

impl UnitBytes {
    pub(super) fn len(self) -> usize {
        self.1
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        &self.0[..self.1]
    }
}

impl<R: Read + Seek> Units<R> {
    /// The units of `input` from its beginning.
    pub(super) fn new(input: R, unit: Unit) -> Self {
        let (buffer, hash) = (Vec::new(), Sha256::new());
        Self {
            input,
            unit,
            buffer,
            used: 0,
            filled_to: 0,
            hashed_to: 0,
            hash,
        }
    }

    /// The next unit as a number, and its bytes.
    pub(super) fn next(&mut self) -> io::Result<Option<(u16, UnitBytes)>> {
        let Some(first) = self.byte()? else {
            return Ok(None);
        };
        if self.unit == Unit::Byte {
            return Ok(Some((u16::from(first), UnitBytes([first, 0], 1))));
        }
        // A file that ends in the middle of a unit: the record will fail to decode.
        let Some(second) = self.byte()? else {
            return Ok(Some((0, UnitBytes([first, 0], 1))));
        };
        let bytes = [first, second];
        let unit = match self.unit {
            Unit::Big => u16::from_be_bytes(bytes),
            Unit::Little | Unit::Byte => u16::from_le_bytes(bytes),
        };
        Ok(Some((unit, UnitBytes(bytes, 2))))
    }

    /// Passes over `bytes` bytes.
    pub(super) fn skip(&mut self, bytes: u64) -> io::Result<()> {
        for _ in 0..bytes {
            self.byte()?;
        }
        Ok(())
    }

    /// Offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.filled_to - (self.buffer.len() - self.used) as u64
    }

    /// Goes back to an offset.
    pub(super) fn go_back(&mut self, to: u64) -> io::Result<()> {
        self.input.seek(SeekFrom::Start(to))?;
        self.buffer.clear();
        self.used = 0;
        self.filled_to = to;
        Ok(())
    }

    /// The hash of every byte read, each once.
    pub(super) fn into_hash(self) -> Sha256 {
        self.hash
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        if self.used == self.buffer.len() {
            self.fill()?;
        }
        let byte = self.buffer.get(self.used).copied();
        self.used += usize::from(byte.is_some());
        Ok(byte)
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.clear();
        self.used = 0;
        (&mut self.input)
            .take(BUFFER as u64)
            .read_to_end(&mut self.buffer)?;
        self.filled_to += self.buffer.len() as u64;
        // What was read before going back is not hashed twice.
        let new = self.filled_to.saturating_sub(self.hashed_to) as usize;
        let from = self.buffer.len().saturating_sub(new);
        self.hash.update(&self.buffer[from..]);
        self.hashed_to = self.hashed_to.max(self.filled_to);
        Ok(())
    }
}
