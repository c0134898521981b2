//! The second reading: records in the order of the index.

use super::cursor::FileCursor;
use super::frame::Place;
use super::index::Index;
use super::plan::Plan;
use crate::source::{Delivery, RawEvent, Unusable};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// A delivery holds at most this many events,
const MAX_EVENTS: usize = 256;
/// and is closed once its records have this many bytes.
const ENOUGH_BYTES: usize = 4 * 1024 * 1024;

/// Delivers a file's records.
pub(super) struct Reader {
    index: Index,
    plan: Plan,
    file: BufReader<File>,
    position: u64,
    next: usize,
}

impl Reader {
    /// Goes on behind the first `next` records.
    pub(super) fn open(path: &Path, index: Index, plan: Plan, next: usize) -> Result<Self, String> {
        let file = File::open(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok(Self {
            index,
            plan,
            file: BufReader::new(file),
            position: 0,
            next,
        })
    }

    /// Records delivered so far, those of earlier runs included.
    pub(super) fn delivered(&self) -> usize {
        self.next
    }

    /// Records there are.
    pub(super) fn total(&self) -> usize {
        self.index.len()
    }

    /// The next events with the cursor behind them; `None` at the end.
    pub(super) fn next_delivery(&mut self) -> Result<Option<Delivery>, String> {
        let (mut events, mut bytes) = (Vec::new(), 0);
        while events.len() < MAX_EVENTS && bytes < ENOUGH_BYTES {
            let Some((place, fault)) = self.index.get(self.next) else {
                break;
            };
            let raw = self.bytes_at(place).map_err(|error| {
                format!(
                    "line {} cannot be read again, has the file changed? {error}",
                    place.line
                )
            })?;
            bytes += raw.len();
            self.next += 1;
            match self.plan.read(&raw, fault) {
                Ok(Some(item)) => events.push(RawEvent::Upsert(Box::new(item))),
                // A blank record was none in the first reading.
                Ok(None) => events.push(changed(raw, place)),
                Err(refused) => events.push(RawEvent::Unusable {
                    raw,
                    reason: refused.reason,
                    detail: format!("line {} {}", place.line, refused.detail),
                }),
            }
        }
        if events.is_empty() {
            return Ok(None);
        }
        let cursor = FileCursor {
            file: self.index.identity.clone(),
            next: self.next,
        };
        Ok(Some(Delivery {
            events,
            cursor: Some(cursor.encode()),
        }))
    }

    fn bytes_at(&mut self, place: Place) -> io::Result<Vec<u8>> {
        // Keeps what is buffered where it can: in a file that is in order nothing is read twice.
        self.file
            .seek_relative(place.offset as i64 - self.position as i64)?;
        self.position = place.offset;
        let mut raw = vec![0; place.len as usize];
        self.file.read_exact(&mut raw)?;
        self.position += u64::from(place.len);
        Ok(raw)
    }
}

fn changed(raw: Vec<u8>, place: Place) -> RawEvent {
    let detail = format!("line {} has changed while the file was read", place.line);
    RawEvent::Unusable {
        raw,
        reason: Unusable::Malformed,
        detail,
    }
}
