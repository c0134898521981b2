//! Which characters the bytes stand for.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// A file's encoding and how many bytes of mark stand before its first character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Charset {
    encoding: &'static Encoding,
    /// Length of the byte order mark.
    pub(super) mark: u64,
}

/// How wide the units are in which line ends, quotes and delimiters are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// One byte; holds for every ASCII-compatible encoding.
    Byte,
    /// Two bytes, the lower one first.
    Little,
    /// Two bytes, the higher one first.
    Big,
}

impl Charset {
    /// The encoding a file's first bytes show, else the declared one, else UTF-8.
    pub(super) fn detect(head: &[u8], declared: Option<&str>) -> Result<Self, String> {
        if let Some((encoding, mark)) = Encoding::for_bom(head) {
            return Ok(Self {
                encoding,
                mark: mark as u64,
            });
        }
        let encoding = match declared {
            Some(label) => known(label)?,
            None => match head {
                // The first character of a header or of JSON is ASCII.
                [first, 0, ..] if *first != 0 => UTF_16LE,
                [0, second, ..] if *second != 0 => UTF_16BE,
                _ => UTF_8,
            },
        };
        Ok(Self { encoding, mark: 0 })
    }

    /// The width of its units.
    pub(super) fn unit(&self) -> Unit {
        if self.encoding == UTF_16LE {
            Unit::Little
        } else if self.encoding == UTF_16BE {
            Unit::Big
        } else {
            Unit::Byte
        }
    }

    /// Its name, for messages.
    pub(super) fn name(&self) -> &'static str {
        self.encoding.name()
    }

    /// The text, or `None` when the bytes are not of this encoding.
    pub(super) fn decode<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        self.encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
    }

    /// The beginning of a text, what cannot be decoded replaced.
    pub(super) fn decode_head<'a>(&self, head: &'a [u8]) -> Cow<'a, str> {
        let head = head.get(self.mark as usize..).unwrap_or_default();
        self.encoding.decode_without_bom_handling(head).0
    }
}

fn known(label: &str) -> Result<&'static Encoding, String> {
    let encoding = Encoding::for_label(label.as_bytes())
        .ok_or_else(|| format!("encoding {label:?} is not known; examples: utf-8, windows-1252"))?;
    let usable = encoding.is_ascii_compatible() || [UTF_16LE, UTF_16BE].contains(&encoding);
    if !usable {
        return Err(format!(
            "encoding {label:?} has shift states: save the file as UTF-8"
        ));
    }
    Ok(encoding)
}

/// What to do about a file that is packed or is a spreadsheet.
pub(super) fn refuse_packed(head: &[u8]) -> Result<(), String> {
    let advice = match head {
        [0x1f, 0x8b, ..] => "is packed with gzip: unpack it first (gunzip FILE)",
        [0x28, 0xb5, 0x2f, 0xfd, ..] => "is packed with zstd: unpack it first (unzstd FILE)",
        [b'P', b'K', 3, 4, ..] => "is a zip archive or an Excel workbook: save the sheet as CSV",
        _ => return Ok(()),
    };
    Err(advice.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_wins_over_the_declared_encoding() {
        let charset = Charset::detect(b"\xff\xfea\0", Some("windows-1252")).unwrap();
        assert_eq!(
            (charset.name(), charset.mark, charset.unit()),
            ("UTF-16LE", 2, Unit::Little)
        );
        let charset = Charset::detect(b"\xef\xbb\xbfid", None).unwrap();
        assert_eq!(
            (charset.name(), charset.mark, charset.unit()),
            ("UTF-8", 3, Unit::Byte)
        );
    }

    #[test]
    fn utf_16_without_a_mark_is_recognised() {
        assert_eq!(
            Charset::detect(b"i\0d\0", None).unwrap().unit(),
            Unit::Little
        );
        assert_eq!(Charset::detect(b"\0i\0d", None).unwrap().unit(), Unit::Big);
    }

    #[test]
    fn an_unknown_or_stateful_encoding_is_refused() {
        assert!(
            Charset::detect(b"", Some("klingon"))
                .unwrap_err()
                .contains("klingon")
        );
        assert!(
            Charset::detect(b"", Some("iso-2022-jp"))
                .unwrap_err()
                .contains("UTF-8")
        );
    }

    #[test]
    fn bytes_of_another_encoding_are_not_text() {
        assert_eq!(Charset::detect(b"", None).unwrap().decode(b"caf\xe9"), None);
        let latin = Charset::detect(b"", Some("latin1")).unwrap();
        assert_eq!(latin.decode(b"caf\xe9").unwrap(), "café");
    }
}
