//! How far a file was read.

use crate::source::Cursor;
use serde::{Deserialize, Serialize};

/// A position in a file's order of delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileCursor {
    /// A hash of the content and of how it is read: with another one the order is another one.
    pub(super) file: String,
    /// Records already delivered.
    pub(super) next: usize,
}

impl FileCursor {
    pub(super) fn encode(&self) -> Cursor {
        serde_json::to_vec(self).expect("a struct of a string and a number is JSON")
    }

    /// Where to go on in the file of this identity; the beginning for another file, which is
    /// harmless: what is known already is recognised downstream.
    pub(super) fn resume(cursor: Option<&[u8]>, file: &str) -> usize {
        cursor
            .and_then(|bytes| serde_json::from_slice::<Self>(bytes).ok())
            .filter(|known| known.file == file)
            .map_or(0, |known| known.next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_holds_for_its_own_file_only() {
        let cursor = FileCursor {
            file: "a".into(),
            next: 7,
        }
        .encode();
        assert_eq!(FileCursor::resume(Some(&cursor), "a"), 7);
        assert_eq!(FileCursor::resume(Some(&cursor), "b"), 0);
        assert_eq!(FileCursor::resume(Some(b"not a cursor"), "a"), 0);
        assert_eq!(FileCursor::resume(None, "a"), 0);
    }
}
