//! Headers as bytes: for each the length of the name, the name, the length of the value, the
//! value; lengths are 32 bits, little-endian.

type Headers = Vec<(String, Vec<u8>)>;

/// The bytes of headers; nothing for none.
pub(super) fn encode(headers: &[(String, Vec<u8>)]) -> Option<Vec<u8>> {
    if headers.is_empty() {
        return None;
    }
    let mut bytes = Vec::new();
    for (name, value) in headers {
        put(&mut bytes, name.as_bytes());
        put(&mut bytes, value);
    }
    Some(bytes)
}

/// The headers of bytes; `None` when no headers have such bytes.
pub(super) fn decode(mut bytes: &[u8]) -> Option<Headers> {
    let mut headers = Vec::new();
    while !bytes.is_empty() {
        let name = take(&mut bytes)?;
        let value = take(&mut bytes)?;
        headers.push((String::from_utf8(name.to_vec()).ok()?, value.to_vec()));
    }
    Some(headers)
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    let length = u32::try_from(part.len()).expect("SQLite holds no value of 4 GB");
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(part);
}

fn take<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (part, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::{decode, encode};

    #[test]
    fn headers_come_back_as_they_were() {
        let headers = vec![
            (String::new(), Vec::new()),
            ("reason".to_owned(), b"bad \xff utf-8".to_vec()),
            ("reason".to_owned(), Vec::new()),
        ];
        assert_eq!(decode(&encode(&headers).unwrap()), Some(headers));
        assert_eq!(encode(&[]), None);
        assert_eq!(decode(&[]), Some(vec![]));
    }

    #[test]
    fn cut_headers_are_refused() {
        let bytes = encode(&[("a".to_owned(), vec![1, 2, 3])]).unwrap();
        for end in 1..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
        }
        assert_eq!(decode(&[255; 8]), None);
    }
}
