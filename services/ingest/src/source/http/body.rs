//! The bytes of a request, never more of them than allowed.

use axum::body::Body;
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;
use std::io::Read;

/// What is still read of a body that is too large, so that its sender gets to read the answer.
const DISCARD_BYTES: usize = 32 * 1024 * 1024;

/// Why a body could not be had.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It has more bytes than allowed.
    TooLarge,
    /// The sender stopped sending.
    Broken,
    /// It is not gzip, though it says so.
    NotGzip,
}

/// Reads a body of at most `cap` bytes.
pub(super) async fn read(body: Body, cap: usize) -> Result<Vec<u8>, BodyError> {
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut size = 0_usize;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| BodyError::Broken)?;
        size = size.saturating_add(chunk.len());
        if size <= cap {
            bytes.extend_from_slice(&chunk);
        } else {
            bytes = Vec::new();
        }
        if size > cap.saturating_add(DISCARD_BYTES) {
            break;
        }
    }
    if size > cap {
        Err(BodyError::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// Unpacks gzip into at most `cap` bytes; a bomb is put down once it passes them.
pub(super) fn unpack(packed: &[u8], cap: usize) -> Result<Vec<u8>, BodyError> {
    let mut bytes = Vec::new();
    let mut unpacked = MultiGzDecoder::new(packed).take(cap as u64 + 1);
    unpacked
        .read_to_end(&mut bytes)
        .map_err(|_| BodyError::NotGzip)?;
    if bytes.len() > cap {
        Err(BodyError::TooLarge)
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn a_bomb_is_put_down_at_the_cap() {
        let bomb = gzip(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        assert_eq!(unpack(&bomb, 1000), Err(BodyError::TooLarge));
    }

    #[test]
    fn exactly_the_cap_is_allowed() {
        assert_eq!(unpack(&gzip(&[7; 1000]), 1000).unwrap().len(), 1000);
        assert_eq!(unpack(&gzip(&[7; 1001]), 1000), Err(BodyError::TooLarge));
    }

    #[test]
    fn what_is_not_gzip_is_said_to_be_so() {
        assert_eq!(unpack(b"{}", 1000), Err(BodyError::NotGzip));
        let cut = gzip(b"some text that is cut");
        assert_eq!(unpack(&cut[..cut.len() - 9], 1000), Err(BodyError::NotGzip));
    }
}
