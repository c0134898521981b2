//! A task's own state.

use super::subject::{Subject, put, remove};
use crate::{Commit, State, StateChange, Task};

pub fn state_is_seen_after_its_commit_and_not_before(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    assert_eq!(get(&*task, "a"), None);
    commit(&mut *task, vec![put("a", "1")]);
    assert_eq!(get(&*task, "a").as_deref(), Some("1"));
    commit(&mut *task, vec![put("a", "2")]);
    assert_eq!(get(&*task, "a").as_deref(), Some("2"));
}

pub fn a_snapshot_reads_what_the_last_commit_left(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    assert_eq!(get(&*task.snapshot().expect("a snapshot"), "a"), None);
    commit(&mut *task, vec![put("a", "1"), put("b", "2")]);
    {
        let snapshot = task.snapshot().expect("a snapshot");
        commit(&mut *subject.task("other", 0, &[]), vec![put("c", "3")]);
        assert_eq!(get(&*snapshot, "a").as_deref(), Some("1"));
        assert_eq!(scan(&*snapshot, "", "~"), ["a=1", "b=2"]);
    }
    commit(&mut *task, vec![remove("a")]);
    assert_eq!(
        scan(&*task.snapshot().expect("a snapshot"), "", "~"),
        ["b=2"]
    );
    assert_eq!(get(&*task, "a"), None);
}

pub fn the_later_of_two_changes_to_a_key_counts(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    let set_again = vec![put("set", "1"), remove("set"), put("set", "2")];
    let removed_again = vec![put("removed", "1"), remove("removed")];
    commit(&mut *task, [set_again, removed_again].concat());
    assert_eq!(get(&*task, "set").as_deref(), Some("2"));
    assert_eq!(get(&*task, "removed"), None);
}

pub fn a_removed_key_is_gone(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    commit(&mut *task, vec![put("a", "1"), put("b", "2")]);
    commit(&mut *task, vec![remove("a"), remove("never there")]);
    assert_eq!(get(&*task, "a"), None);
    assert_eq!(scan(&*task, "", "~"), ["b=2"]);
}

pub fn a_scan_visits_its_range_in_byte_order(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    let keys: [&[u8]; 7] = [b"b", b"a\xff", b"a", b"c", b"a\x00", b"\xff", b"B"];
    let changes = keys.map(|key| StateChange {
        key: key.to_vec(),
        value: Some(b"v".to_vec()),
    });
    commit(&mut *task, changes.to_vec());
    let mut seen = Vec::new();
    task.scan(b"a", b"c", &mut |key, _| {
        seen.push(key.to_vec());
        true
    })
    .expect("state is scanned");
    assert_eq!(seen, [&b"a"[..], b"a\x00", b"a\xff", b"b"]);
}

pub fn a_scan_stops_when_told(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    commit(
        &mut *task,
        vec![put("a", "1"), put("b", "2"), put("c", "3")],
    );
    let mut seen = 0;
    task.scan(b"a", b"z", &mut |_, _| {
        seen += 1;
        seen < 2
    })
    .expect("state is scanned");
    assert_eq!(seen, 2);
}

pub fn a_scan_of_an_empty_range_visits_nothing(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    commit(&mut *task, vec![put("a", "1"), put("b", "2")]);
    assert_eq!(scan(&*task, "a", "a"), Vec::<String>::new());
    assert_eq!(scan(&*task, "b", "a"), Vec::<String>::new());
    assert_eq!(scan(&*task, "c", "d"), Vec::<String>::new());
}

pub fn a_visitor_may_look_up_another_key(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    commit(&mut *task, vec![put("a", "b"), put("b", "found")]);
    let mut found = Vec::new();
    let visit = &mut |_: &[u8], value: &[u8]| {
        found.push(task.get(value).expect("state is read"));
        true
    };
    task.scan(b"a", b"b", visit).expect("state is scanned");
    assert_eq!(found, [Some(b"found".to_vec())]);
}

pub fn an_empty_key_and_an_empty_value_are_kept(subject: &Subject) {
    let mut task = subject.task("stage", 0, &[]);
    commit(
        &mut *task,
        vec![put("", "empty key"), put("empty value", "")],
    );
    assert_eq!(get(&*task, "").as_deref(), Some("empty key"));
    assert_eq!(get(&*task, "empty value").as_deref(), Some(""));
    assert_eq!(scan(&*task, "", "z"), ["=empty key", "empty value="]);
}

pub fn states_of_two_tasks_are_apart(subject: &Subject) {
    let mut one = subject.task("stage", 0, &[]);
    let mut neighbour = subject.task("stage", 1, &[]);
    let mut namesake = subject.task("another-stage", 0, &[]);
    commit(&mut *one, vec![put("a", "one")]);
    commit(
        &mut *neighbour,
        vec![put("a", "neighbour"), put("b", "neighbour")],
    );
    commit(&mut *namesake, vec![remove("a")]);
    assert_eq!(scan(&*one, "", "z"), ["a=one"]);
    assert_eq!(scan(&*neighbour, "", "z"), ["a=neighbour", "b=neighbour"]);
    assert_eq!(scan(&*namesake, "", "z"), Vec::<String>::new());
}

pub fn a_new_handle_sees_the_state(subject: &Subject) {
    let mut older = subject.task("stage", 0, &[]);
    commit(&mut *older, vec![put("a", "1")]);
    drop(older);
    let newer = subject.task("stage", 0, &[]);
    assert_eq!(get(&*newer, "a").as_deref(), Some("1"));
}

fn commit(task: &mut dyn Task, state: Vec<StateChange>) {
    task.commit(&Commit {
        state,
        ..Commit::default()
    })
    .expect("the commit succeeds");
}

fn get(state: &(impl State + ?Sized), key: &str) -> Option<String> {
    let value = state.get(key.as_bytes()).expect("state is read");
    value.map(|value| String::from_utf8_lossy(&value).into_owned())
}

fn scan(state: &(impl State + ?Sized), from: &str, to: &str) -> Vec<String> {
    let mut seen = Vec::new();
    state
        .scan(from.as_bytes(), to.as_bytes(), &mut |key, value| {
            let (key, value) = (String::from_utf8_lossy(key), String::from_utf8_lossy(value));
            seen.push(format!("{key}={value}"));
            true
        })
        .expect("state is scanned");
    seen
}
