//! Confluent's wire format.

use crate::DecodeError;
use prost::Message;

/// Bytes before the Protobuf of every record hark writes: magic, schema id, message index.
pub const HEADER_LEN: usize = 6;

const MAGIC: u8 = 0;

/// Frames a topic's message.
pub(crate) fn write(schema_id: u32, message: &impl Message) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_LEN + message.encoded_len());
    bytes.push(MAGIC);
    bytes.extend_from_slice(&schema_id.to_be_bytes());
    // The list of one index, 0, has a short form: its count is left out.
    bytes.push(0);
    message
        .encode(&mut bytes)
        .expect("a vector has room for any message");
    bytes
}

/// The Protobuf bytes behind the frame, whatever the schema id.
pub(crate) fn payload(bytes: &[u8]) -> Result<&[u8], DecodeError> {
    match bytes.first() {
        None => {
            return Err(DecodeError::Truncated {
                found: 0,
                needed: HEADER_LEN,
            });
        }
        Some(&MAGIC) => {}
        Some(&other) => return Err(DecodeError::Magic(other)),
    }
    let truncated = || DecodeError::Truncated {
        found: bytes.len(),
        needed: HEADER_LEN.max(bytes.len() + 1),
    };
    let mut rest = bytes.get(5..).ok_or_else(truncated)?;
    let count = varint(&mut rest)?.ok_or_else(truncated)?;
    // Counts and indexes are zigzag varints: the long form of [0] is 02 00. Producers of
    // Confluent's "deprecated format" leave the zigzag out and write 01 00; read as zigzag that
    // would be a count of −1, so the two cannot be confused.
    match count {
        0 => return Ok(rest),
        1 | 2 => {}
        more => {
            return Err(DecodeError::MessageIndex(format!(
                "{} indexes long",
                more / 2
            )));
        }
    }
    match varint(&mut rest)?.ok_or_else(truncated)? {
        0 => Ok(rest),
        index if count == 1 => Err(DecodeError::MessageIndex(format!("[{index}]"))),
        index => Err(DecodeError::MessageIndex(format!("[{}]", zigzag(index)))),
    }
}

fn zigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Takes an unsigned varint of at most five bytes; `None` when the bytes end before it does.
fn varint(rest: &mut &[u8]) -> Result<Option<u32>, DecodeError> {
    let mut value = 0_u64;
    for shift in [0, 7, 14, 21, 28] {
        let Some((&byte, tail)) = rest.split_first() else {
            return Ok(None);
        };
        *rest = tail;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value)
                .map(Some)
                .map_err(|_| DecodeError::MessageIndex(format!("{value}")));
        }
    }
    Err(DecodeError::MessageIndex(
        "not a number of at most five bytes".to_owned(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(index: &[u8]) -> Vec<u8> {
        [&[0, 0, 0, 0, 7], index, b"body"].concat()
    }

    #[test]
    fn the_short_the_long_and_the_deprecated_form_of_index_zero_are_read() {
        for index in [&[0][..], &[2, 0], &[1, 0], &[0x82, 0, 0x80, 0]] {
            assert_eq!(payload(&frame(index)).unwrap(), b"body", "{index:?}");
        }
    }

    #[test]
    fn another_message_of_the_file_is_refused() {
        let shown = |index: &[u8]| match payload(&frame(index)) {
            Err(DecodeError::MessageIndex(shown)) => shown,
            other => panic!("{index:?}: {other:?}"),
        };
        assert_eq!(shown(&[2, 2]), "[1]");
        assert_eq!(shown(&[1, 1]), "[1]");
        assert_eq!(shown(&[2, 1]), "[-1]");
        assert_eq!(shown(&[4, 0, 0]), "2 indexes long");
        assert!(shown(&[0xff; 9]).contains("five bytes"));
        assert_eq!(shown(&[0xff, 0xff, 0xff, 0xff, 0x7f]), "34359738367");
    }

    #[test]
    fn what_does_not_start_with_a_zero_is_no_frame() {
        let error = payload(b"<xml/>").unwrap_err();
        assert!(matches!(error, DecodeError::Magic(b'<')), "{error}");
        assert!(error.to_string().contains("0x3c"), "{error}");
    }

    #[test]
    fn a_cut_frame_says_how_much_is_missing() {
        for length in 0..6 {
            match payload(&frame(&[0])[..length]) {
                Err(DecodeError::Truncated { found, needed: 6 }) => assert_eq!(found, length),
                other => panic!("{length}: {other:?}"),
            }
        }
        let cut = payload(&[0, 0, 0, 0, 7, 2]);
        assert!(
            matches!(
                cut,
                Err(DecodeError::Truncated {
                    found: 6,
                    needed: 7
                })
            ),
            "{cut:?}"
        );
    }
}
