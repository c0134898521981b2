//! `hark dead-letters`: look at what no stage could use, and put it back.

use super::tail::value;
use crate::cli::{DeadLettersCommand, LookArgs};
use crate::exit::{Failure, Outcome};
use crate::logs::Look;
use crate::universe::Universe;
use hark_model::Timestamp;
use hark_proto::{dead_letter, topics};
use hark_stream::{
    Clock, Commit, Limit, NewRecord, Partitioning, Record, StateChange, SystemClock, TaskId,
    TopicName,
};
use serde_json::json;

const AT_ONCE: Limit = Limit {
    records: 256,
    bytes: 4 << 20,
};

pub(crate) fn dead_letters(command: &DeadLettersCommand) -> Outcome {
    match command {
        DeadLettersCommand::List { look, json } => list(look, *json),
        DeadLettersCommand::Replay { look, offset } => replay(look, offset),
    }
}

fn list(args: &LookArgs, json: bool) -> Outcome {
    let (_, letters) = letters(&Look::open(args)?)?;
    for record in &letters {
        let at = Timestamp::from_millis(record.timestamp).to_string();
        if json {
            let line = json!({
                "offset": record.offset,
                "key": String::from_utf8_lossy(&record.key),
                "timestamp": at,
                "value": value(record, topics::DEAD_LETTERS),
            });
            anstream::println!("{line}");
        } else {
            anstream::println!(
                "{:>8}  {at}  {:<9} {:<20} {}",
                record.offset,
                header(record, dead_letter::STAGE),
                header(record, dead_letter::REASON_KIND),
                header(record, dead_letter::REASON)
            );
        }
    }
    if !json {
        anstream::eprintln!("{} dead letters", letters.len());
    }
    Ok(())
}

/// Every dead letter that is kept, oldest first.
fn letters(look: &Look) -> Outcome<(TopicName, Vec<Record>)> {
    let prefix = Universe::read(look)?.map_or_else(|| "hark".to_owned(), |u| u.topic_prefix);
    let name = TopicName::new(topics::DEAD_LETTERS.under(&prefix));
    let (mut found, mut next) = (Vec::new(), look.bounds(&name, 0)?.start);
    loop {
        let records = look.read(&name, 0, next, AT_ONCE)?;
        let Some(last) = records.last() else {
            return Ok((name, found));
        };
        next = last.offset + 1;
        found.extend(records);
    }
}

/// Writes the original records back to where they came from, each once: what was replayed is
/// remembered in the same commit.
fn replay(args: &LookArgs, offsets: &[u64]) -> Outcome {
    let look = Look::open(args)?;
    let (_, letters) = letters(&look)?;
    for wanted in offsets {
        if !letters.iter().any(|letter| letter.offset == *wanted) {
            return Err(Failure::input(format!(
                "there is no dead letter with offset {wanted}"
            )));
        }
    }
    let log = look.writable()?;
    let mut task = log.task(&TaskId::new("dead-letters", 0), &[])?;
    let now = SystemClock.now();
    let (mut commit, mut kept) = (Commit::default(), 0);
    for letter in letters
        .iter()
        .filter(|l| offsets.is_empty() || offsets.contains(&l.offset))
    {
        let key = letter.offset.to_be_bytes().to_vec();
        if task.get(&key)?.is_some() && offsets.is_empty() {
            continue;
        }
        match original(letter, now) {
            Some(record) => {
                commit.records.push(record);
                commit.state.push(StateChange {
                    key,
                    value: Some(Vec::new()),
                });
            }
            None => kept += 1,
        }
    }
    task.commit(&commit)?;
    anstream::println!("{} records put back", commit.records.len());
    if kept > 0 {
        anstream::println!(
            "{kept} left: they are what a source sent, and came from no topic; mend them and send \
             them again"
        );
    }
    Ok(())
}

/// The record a dead letter was made of; `None` when it was none of a topic.
fn original(letter: &Record, now: i64) -> Option<NewRecord> {
    let topic = header(letter, dead_letter::SOURCE_TOPIC);
    if topic.is_empty() || topic.starts_with("source:") {
        return None;
    }
    let partition = header(letter, dead_letter::SOURCE_PARTITION).parse().ok()?;
    let own = |name: &str| dead_letter::ALL.contains(&name);
    Some(NewRecord {
        topic: TopicName::new(topic),
        partitioning: Partitioning::Fixed(partition),
        timestamp: now,
        key: letter.key.to_vec(),
        value: letter.value.as_deref().map(<[u8]>::to_vec),
        headers: letter
            .headers
            .iter()
            .filter(|(name, _)| !own(name))
            .cloned()
            .collect(),
    })
}

fn header(record: &Record, name: &str) -> String {
    let found = record.headers.iter().find(|(known, _)| known == name);
    found.map_or_else(String::new, |(_, value)| {
        String::from_utf8_lossy(value).into_owned()
    })
}
