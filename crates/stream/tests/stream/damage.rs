//! A damaged or foreign file is refused with a clear error, and never a panic.

use crate::{ALL, copied, count_copied, open, quick};
use hark_stream::{EmbeddedLog, EmbeddedReader, Error, ErrorKind, Log, TopicName};
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// A folder with a closed log of 40 copied records.
fn closed() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    drop(copied(folder.path(), 40));
    let file = folder.path().join("hark.db");
    assert!(
        !file.with_extension("db-wal").exists(),
        "a closed log is one file"
    );
    (folder, file)
}

fn kind(folder: &Path) -> Option<ErrorKind> {
    EmbeddedLog::open(folder, quick())
        .err()
        .map(|error| error.kind())
}

#[test]
fn a_cut_file_is_damaged() {
    let (folder, file) = closed();
    let whole = fs::read(&file).unwrap();
    for length in [
        0,
        1,
        50,
        99,
        100,
        4095,
        4096,
        whole.len() / 2,
        whole.len() - 4096,
        whole.len() - 1,
    ] {
        fs::write(&file, &whole[..length]).unwrap();
        assert_eq!(
            kind(folder.path()),
            Some(ErrorKind::Corrupt),
            "cut to {length} bytes"
        );
    }
}

#[test]
fn a_file_of_garbage_is_damaged() {
    let (folder, file) = closed();
    for garbage in [
        b"not a database".repeat(1000),
        vec![0; 8192],
        vec![255; 100],
    ] {
        fs::write(&file, garbage).unwrap();
        assert_eq!(kind(folder.path()), Some(ErrorKind::Corrupt));
    }
}

#[test]
fn an_error_about_damage_names_the_file_and_what_to_do() {
    let (folder, file) = closed();
    fs::write(&file, "garbage").unwrap();
    let message = EmbeddedLog::open(folder.path(), quick())
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("hark.db") && message.contains("backup"),
        "{message}"
    );
}

#[test]
fn a_flipped_bit_in_the_header_is_noticed_or_harmless() {
    let (folder, file) = closed();
    let whole = fs::read(&file).unwrap();
    // Fields in which every bit counts: magic, page size, versions, fractions, formats, marks.
    let vital = |byte| matches!(byte, 0..24 | 44..48 | 56..64 | 68..92);
    for byte in 0..100 {
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        fs::write(&file, flipped).unwrap();
        match EmbeddedLog::open(folder.path(), quick()) {
            Ok(log) => {
                assert!(!vital(byte), "a flip in byte {byte} went unnoticed");
                assert_eq!(count_copied(&*log), 40, "a flip in byte {byte}");
            }
            Err(error) => {
                let kind = error.kind();
                assert!(
                    matches!(kind, ErrorKind::Corrupt | ErrorKind::Layout),
                    "{byte}: {error}"
                );
            }
        }
    }
}

#[test]
fn a_page_of_garbage_is_noticed_or_was_empty() {
    let (folder, file) = closed();
    let whole = fs::read(&file).unwrap();
    for page in 0..whole.len() / 4096 {
        let mut spoiled = whole.clone();
        let place = page * 4096 + if page == 0 { 100 } else { 0 };
        // Bytes 3 and 4 of a page's head say how many cells it has (sqlite.org/fileformat2.html).
        let empty = whole[place + 3..place + 5] == [0, 0];
        spoiled[place + 8..(page + 1) * 4096].fill(0xa5);
        fs::write(&file, spoiled).unwrap();
        match EmbeddedLog::open(folder.path(), quick()) {
            Ok(log) => {
                assert!(empty, "garbage in page {page} went unnoticed");
                assert_eq!(count_copied(&*log), 40);
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Corrupt, "page {page}"),
        }
    }
}

#[test]
fn damage_while_running_is_an_error_and_no_panic() {
    let (folder, file) = closed();
    let log = open(folder.path());
    let length = fs::metadata(&file).unwrap().len();
    let spoiled = fs::File::options().write(true).open(&file).unwrap();
    spoiled
        .write_all_at(&vec![0xa5; (length - 4096) as usize], 4096)
        .unwrap();
    let error = log.read(&TopicName::new("output"), 0, 0, ALL).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt, "{error}");
    assert!(!error.retryable());
}

#[test]
fn a_partition_whose_end_is_behind_its_records_is_damaged() {
    let (folder, file) = closed();
    sql(&file, "UPDATE partitions SET next = 3");
    assert_eq!(kind(folder.path()), Some(ErrorKind::Corrupt));
}

#[test]
fn headers_that_are_none_are_damage() {
    let (folder, file) = closed();
    sql(&file, "UPDATE record SET headers = x'ffffffff00'");
    let log = open(folder.path());
    let error = log.read(&TopicName::new("output"), 0, 0, ALL).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn another_layout_is_refused_and_left_alone() {
    let (folder, file) = closed();
    sql(&file, "PRAGMA user_version = 99");
    let before = fs::read(&file).unwrap();
    let error = EmbeddedLog::open(folder.path(), quick()).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Layout {
                found: 99,
                expected: 2,
                ..
            }
        ),
        "{error}"
    );
    let error = EmbeddedReader::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Layout);
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn a_file_of_another_application_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hark.db");
    sql(
        &file,
        "PRAGMA journal_mode = WAL; CREATE TABLE other (x); PRAGMA user_version = 1",
    );
    assert_eq!(kind(folder.path()), Some(ErrorKind::Corrupt));
    let error = EmbeddedReader::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

#[test]
fn a_lost_file_is_not_silently_started_anew() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hark.db-wal"), "what remains").unwrap();
    assert_eq!(kind(folder.path()), Some(ErrorKind::Corrupt));
}

#[test]
fn a_reader_refuses_a_damaged_file() {
    let (folder, file) = closed();
    fs::write(&file, "garbage".repeat(1000)).unwrap();
    let error = EmbeddedReader::open(folder.path()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Corrupt);
}

fn sql(file: &Path, statements: &str) {
    rusqlite::Connection::open(file)
        .unwrap()
        .execute_batch(statements)
        .unwrap();
}
