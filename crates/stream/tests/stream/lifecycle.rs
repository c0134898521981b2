//! Who may open the folder, and what is there after a process died.

use crate::{ALL, copied, copy_one, count_copied, declare, open, quick};
use hark_stream::contract::{fixed, values};
use hark_stream::{Commit, EmbeddedLog, Error, Log, TaskId, TopicName};
use std::fs;
use std::path::Path;

#[test]
fn a_second_handle_is_refused_and_told_the_owner() {
    let folder = tempfile::tempdir().unwrap();
    let _first = open(folder.path());
    let Err(Error::InUse {
        folder: named,
        owner,
    }) = EmbeddedLog::open(folder.path(), quick())
    else {
        panic!("the folder is in use");
    };
    assert_eq!(named, folder.path());
    assert_eq!(owner, Some(format!("pid {}", std::process::id())));
}

#[test]
fn the_folder_is_taken_while_a_task_lives() {
    let folder = tempfile::tempdir().unwrap();
    let copied = copied(folder.path(), 1);
    drop(copied.log);
    assert!(matches!(
        EmbeddedLog::open(folder.path(), quick()),
        Err(Error::InUse { .. })
    ));
    drop(copied.task);
    assert_eq!(count_copied(&*open(folder.path())), 1);
}

#[test]
fn a_lock_file_left_behind_locks_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("hark.lock"),
        "4711 and more text than a process id has\n",
    )
    .unwrap();
    open(folder.path());
}

#[test]
fn a_refused_open_gives_the_folder_back() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hark.db"), "garbage").unwrap();
    EmbeddedLog::open(folder.path(), quick()).unwrap_err();
    fs::remove_file(folder.path().join("hark.db")).unwrap();
    open(folder.path());
}

#[test]
fn a_file_half_made_by_a_killed_process_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hark.db.new"), "half").unwrap();
    fs::write(folder.path().join("hark.db.new-journal"), "made").unwrap();
    open(folder.path());
}

#[test]
fn a_missing_folder_is_created_for_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("a/b");
    open(&folder);
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&folder).unwrap());
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "").unwrap();
    let error = EmbeddedLog::open(&file.join("folder"), quick()).unwrap_err();
    assert!(error.to_string().contains("folder"), "{error}");
}

#[test]
fn everything_committed_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(copied(folder.path(), 7));
    let log = open(folder.path());
    assert_eq!(count_copied(&*log), 7);
    let input = declare(&*log, "input", 1);
    let mut source = log.task(&TaskId::new("source", 0), &[]).unwrap();
    let records = vec![fixed(&input, 0, "after")];
    source
        .commit(&Commit {
            records,
            ..Commit::default()
        })
        .unwrap();
    let last = log.read(&input, 0, 7, ALL).unwrap();
    assert_eq!(values(&last), ["after"]);
    assert_eq!(last[0].offset, 7, "offsets go on where they ended");
}

#[test]
fn offsets_of_the_embedded_log_have_no_holes() {
    let folder = tempfile::tempdir().unwrap();
    let copied = copied(folder.path(), 5);
    let records = copied
        .log
        .read(&TopicName::new("output"), 0, 0, ALL)
        .unwrap();
    assert_eq!(
        records.iter().map(|r| r.offset).collect::<Vec<_>>(),
        [0, 1, 2, 3, 4]
    );
}

/// What a killed process leaves is what the files held at that moment.
#[test]
fn a_process_killed_after_a_commit_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut copied = copied(folder.path(), 10);
    for killed_after in 10..15 {
        let left = tempfile::tempdir().unwrap();
        copy_files(folder.path(), left.path(), usize::MAX);
        assert_eq!(count_copied(&*open(left.path())), killed_after);
        let input = TopicName::new("input");
        let mut source = copied.log.task(&TaskId::new("source", 0), &[]).unwrap();
        let records = vec![fixed(&input, 0, "more")];
        source
            .commit(&Commit {
                records,
                ..Commit::default()
            })
            .unwrap();
        copy_one(&mut *copied.task);
    }
}

#[test]
fn a_process_killed_while_it_writes_leaves_whole_commits() {
    let folder = tempfile::tempdir().unwrap();
    let copied = copied(folder.path(), 30);
    let written = fs::metadata(folder.path().join("hark.db-wal"))
        .unwrap()
        .len() as usize;
    let mut counts = Vec::new();
    for cut in (0..=written)
        .step_by(written / 60 + 1)
        .chain([written - 1, written])
    {
        let left = tempfile::tempdir().unwrap();
        copy_files(folder.path(), left.path(), cut);
        counts.push(count_copied(&*open(left.path())));
    }
    assert!(counts.is_sorted());
    assert_eq!(counts.first(), Some(&0));
    assert_eq!(counts.last(), Some(&30));
    assert!(
        counts.iter().any(|count| (5..25).contains(count)),
        "{counts:?}"
    );
    drop(copied);
}

/// Copies the data file and the first bytes of its write-ahead log.
fn copy_files(from: &Path, to: &Path, log_bytes: usize) {
    fs::copy(from.join("hark.db"), to.join("hark.db")).unwrap();
    let log = fs::read(from.join("hark.db-wal")).unwrap();
    fs::write(to.join("hark.db-wal"), &log[..log.len().min(log_bytes)]).unwrap();
}
