//! From a WebSocket message to the bytes of an event.

use crate::source::Unusable;
use std::borrow::Cow;
use std::path::Path;
use tokio_tungstenite::tungstenite::Bytes;
use zstd::bulk::Decompressor;
use zstd::zstd_safe;

/// An event may have this many bytes, unpacked; the service is asked to leave out larger ones.
pub(super) const MAX_EVENT_BYTES: usize = 1024 * 1024;

/// Unpacks compressed messages; keeps its buffer.
pub(super) struct Unpacker {
    zstd: Decompressor<'static>,
    dictionary: u32,
    buffer: Vec<u8>,
}

/// Why a message is no event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Undecoded {
    /// It was packed with another dictionary, of this id.
    OtherDictionary(u32),
    /// It is broken, or too large.
    Broken(Unusable, String),
}

impl Unpacker {
    /// An unpacker with the dictionary in this file; the error says what to mend.
    pub(super) fn open(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let bytes = std::fs::read(path)
            .map_err(|error| format!("zstd_dictionary {shown} cannot be read: {error}"))?;
        let id = zstd_safe::get_dict_id_from_dict(&bytes)
            .ok_or_else(|| format!("zstd_dictionary {shown} is not a zstd dictionary"))?;
        let zstd = Decompressor::with_dictionary(&bytes)
            .map_err(|error| format!("zstd_dictionary {shown} cannot be used: {error}"))?;
        let buffer = Vec::with_capacity(MAX_EVENT_BYTES);
        Ok(Self {
            zstd,
            dictionary: id.get(),
            buffer,
        })
    }

    fn unpack(&mut self, packed: &[u8]) -> Result<&[u8], Undecoded> {
        let id = zstd_safe::get_dict_id_from_frame(packed).map_or(0, |id| id.get());
        if id != 0 && id != self.dictionary {
            return Err(Undecoded::OtherDictionary(id));
        }
        // Writes into the capacity the buffer has and never beyond it.
        self.buffer.clear();
        match self.zstd.decompress_to_buffer(packed, &mut self.buffer) {
            Ok(_) => Ok(&self.buffer),
            Err(error) => {
                let too_large = error.to_string().contains("too small");
                let reason = if too_large {
                    Unusable::TooLarge
                } else {
                    Unusable::Malformed
                };
                Err(Undecoded::Broken(
                    reason,
                    format!("a frame cannot be unpacked: {error}"),
                ))
            }
        }
    }
}

/// A message as it was received.
#[derive(Clone, Debug)]
pub(super) enum Message {
    /// JSON.
    Text(tokio_tungstenite::tungstenite::Utf8Bytes),
    /// Packed JSON.
    Binary(Bytes),
}

impl Message {
    /// Its bytes as received.
    pub(super) fn raw(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }

    /// The event's JSON.
    pub(super) fn json<'a>(
        &'a self,
        unpacker: Option<&'a mut Unpacker>,
    ) -> Result<Cow<'a, [u8]>, Undecoded> {
        match (self, unpacker) {
            (Self::Text(text), _) => Ok(Cow::Borrowed(text.as_bytes())),
            (Self::Binary(packed), Some(unpacker)) => unpacker.unpack(packed).map(Cow::Borrowed),
            (Self::Binary(_), None) => Err(Undecoded::Broken(
                Unusable::Malformed,
                "a binary frame came though none was asked for".to_owned(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dictionary and an unpacker for it, made of invented events.
    fn trained() -> (Vec<u8>, Unpacker) {
        let samples: Vec<Vec<u8>> = (0..400)
            .map(|n| {
                format!(
                    r#"{{"did":"did:plc:{n:04}","kind":"commit","n":{}}}"#,
                    n * 31
                )
                .into()
            })
            .collect();
        let dictionary = zstd::dict::from_samples(&samples, 4096).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.zdict");
        std::fs::write(&path, &dictionary).unwrap();
        (dictionary, Unpacker::open(&path).unwrap())
    }

    fn packed(dictionary: &[u8], bytes: &[u8]) -> Message {
        let mut zstd = zstd::bulk::Compressor::with_dictionary(3, dictionary).unwrap();
        Message::Binary(zstd.compress(bytes).unwrap().into())
    }

    #[test]
    fn what_was_packed_is_unpacked_and_the_buffer_serves_again() {
        let (dictionary, mut unpacker) = trained();
        for text in [&b"{\"kind\":\"commit\"}"[..], b"{}"] {
            let message = packed(&dictionary, text);
            assert_eq!(*message.json(Some(&mut unpacker)).unwrap(), *text);
        }
    }

    #[test]
    fn a_bomb_is_too_large_and_takes_no_more_memory() {
        let (dictionary, mut unpacker) = trained();
        let bomb = packed(&dictionary, &vec![b' '; 64 << 20]);
        let why = bomb.json(Some(&mut unpacker)).unwrap_err();
        assert!(
            matches!(why, Undecoded::Broken(Unusable::TooLarge, _)),
            "{why:?}"
        );
        assert_eq!(unpacker.buffer.capacity(), MAX_EVENT_BYTES);
        let after = packed(&dictionary, b"{}");
        assert_eq!(*after.json(Some(&mut unpacker)).unwrap(), *b"{}");
    }

    #[test]
    fn garbage_and_binary_without_a_dictionary_are_malformed() {
        let (_, mut unpacker) = trained();
        let garbage = Message::Binary(b"garbage".to_vec().into());
        for unpacker in [Some(&mut unpacker), None] {
            let why = garbage.json(unpacker).unwrap_err();
            assert!(
                matches!(why, Undecoded::Broken(Unusable::Malformed, _)),
                "{why:?}"
            );
        }
    }

    #[test]
    fn another_dictionary_is_recognised() {
        let (dictionary, mut unpacker) = trained();
        unpacker.dictionary += 1;
        let why = packed(&dictionary, b"{}")
            .json(Some(&mut unpacker))
            .unwrap_err();
        assert!(matches!(why, Undecoded::OtherDictionary(_)), "{why:?}");
    }
}
