use super::*;
use proptest::prelude::*;
use sha2::Digest;
use std::io::Cursor;

fn frames(bytes: &[u8], unit: Unit, dialect: Dialect, cap: usize) -> Vec<(Place, Option<Fault>)> {
    let mut framer = Framer::new(Cursor::new(bytes), unit, dialect, cap);
    std::iter::from_fn(|| framer.next().unwrap()).collect()
}

fn lines(found: &[(Place, Option<Fault>)]) -> Vec<(u32, Option<Fault>)> {
    found
        .iter()
        .map(|(place, fault)| (place.line, *fault))
        .collect()
}

const CSV: Dialect = Dialect::Csv(b',');

#[test]
fn a_quoted_line_break_does_not_end_a_record_and_still_counts_as_a_line() {
    let found = frames(
        b"id,text\r\n1,\"two\r\nlines\"\r\n2,one\r\n",
        Unit::Byte,
        CSV,
        100,
    );
    assert_eq!(lines(&found), [(1, None), (2, None), (4, None)]);
}

#[test]
fn a_quote_inside_a_plain_field_opens_nothing() {
    let found = frames(b"1,5\" pipe\n2,x\n", Unit::Byte, CSV, 100);
    assert_eq!(lines(&found), [(1, None), (2, None)]);
}

#[test]
fn a_record_larger_than_allowed_is_marked_and_its_neighbours_are_whole() {
    let mut bytes = b"a,b\n1,".to_vec();
    bytes.extend(std::iter::repeat_n(b'x', 10 << 20));
    bytes.extend(b"\n2,y\n");
    let found = frames(&bytes, Unit::Byte, CSV, 1 << 20);
    assert_eq!(
        lines(&found),
        [(1, None), (2, Some(Fault::TooLarge)), (3, None)]
    );
    assert_eq!(
        found[1].0.len as usize, KEEP_OF_TOO_LARGE,
        "no more is held than is kept"
    );
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_line_only() {
    let found = frames(b"1,a\n2,\"b\n3,c\n4,d\n", Unit::Byte, CSV, 100);
    assert_eq!(
        lines(&found),
        [(1, None), (2, Some(Fault::Unclosed)), (3, None), (4, None)]
    );
}

#[test]
fn an_unclosed_quote_costs_one_line_even_when_what_follows_is_too_large() {
    let mut bytes = b"1,\"open\n".to_vec();
    bytes.extend(b"2,short\n".repeat(100));
    let found = frames(&bytes, Unit::Byte, CSV, 50);
    assert_eq!(found.len(), 101);
    assert_eq!(found[0].1, Some(Fault::Unclosed));
    assert!(found[1..].iter().all(|(_, fault)| fault.is_none()));
}

#[test]
fn the_hash_is_that_of_the_whole_file_even_after_going_back() {
    let bytes = b"1,a\n2,\"b\n3,c\n";
    let mut framer = Framer::new(Cursor::new(bytes), Unit::Byte, CSV, 100);
    while framer.next().unwrap().is_some() {}
    assert_eq!(framer.into_hash().finalize(), Sha256::digest(bytes));
}

#[test]
fn utf_16_is_cut_at_the_same_places() {
    let text = "id,text\n1,\"ü\n😀\"\n2,z\n";
    for (unit, encode) in [
        (Unit::Little, u16::to_le_bytes as fn(u16) -> [u8; 2]),
        (Unit::Big, u16::to_be_bytes),
    ] {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(encode).collect();
        assert_eq!(
            lines(&frames(&bytes, unit, CSV, 100)),
            [(1, None), (2, None), (4, None)]
        );
    }
}

#[test]
fn json_lines_are_cut_at_line_ends_whatever_quotes_they_have() {
    let found = frames(b"{\"a\":\"b\n\n\"}\n", Unit::Byte, Dialect::Lines, 100);
    assert_eq!(lines(&found), [(1, None), (3, None)]);
}

proptest! {
    /// The `csv` crate is the reference for which bytes belong to which record.
    #[test]
    fn records_are_those_of_the_csv_crate(text in "[a,\"\n\r ;é]{0,40}") {
        let mut framer = Framer::new(Cursor::new(text.as_bytes()), Unit::Byte, CSV, 1000);
        let mut ours = Vec::new();
        while let Some((_, fault)) = framer.next().unwrap() {
            // It accepts an unclosed quote as a field up to the end of the file; we do not.
            prop_assume!(fault.is_none());
            ours.extend(parsed(framer.record()));
        }
        prop_assert_eq!(ours, parsed(text.as_bytes()));
    }
}

fn parsed(bytes: &[u8]) -> Vec<csv::ByteRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(bytes);
    reader
        .byte_records()
        .map(|record| record.unwrap())
        .map(|mut record| {
            record.set_position(None);
            record
        })
        .collect()
}
