//! `hark tail`: follow a topic.

use super::line::line;
use crate::cli::TailArgs;
use crate::exit::{Failure, Outcome};
use crate::logs::Look;
use crate::universe::Universe;
use hark_model::Timestamp;
use hark_proto::topics::{self, Topic};
use hark_stream::{Limit, Record, TopicName};
use serde_json::{Value, json};
use std::io::{ErrorKind, Write};
use std::time::Duration;

const AT_ONCE: Limit = Limit {
    records: 256,
    bytes: 4 << 20,
};

pub(crate) fn tail(args: &TailArgs) -> Outcome {
    let reader = Look::open(&args.look)?;
    let prefix = Universe::read(&reader)?.map_or_else(|| "hark".to_owned(), |u| u.topic_prefix);
    let (name, known) = find(&args.topic, &prefix)?;
    let partitions = reader
        .topics()?
        .iter()
        .find(|spec| spec.name == name)
        .map(|spec| spec.partitions)
        .ok_or_else(|| {
            Failure::input(format!(
                "there is no topic {name} here; no hark has run on this log yet"
            ))
        })?;
    let mut next = Vec::new();
    for partition in 0..partitions {
        let bounds = reader.bounds(&name, partition)?;
        next.push(if args.from_beginning || args.no_follow {
            bounds.start
        } else {
            bounds.end
        });
    }
    let mut seen = 0;
    loop {
        seen = reader.changed(seen, Duration::ZERO)?;
        let mut any = false;
        for (partition, next) in (0..).zip(&mut next) {
            for record in reader.read(&name, partition, *next, AT_ONCE)? {
                *next = record.offset + 1;
                any = true;
                if !print(&record, known, args.json)? {
                    return Ok(());
                }
            }
        }
        if !any {
            if args.no_follow {
                return Ok(());
            }
            seen = reader.changed(seen, Duration::from_secs(1))?;
        }
    }
}

/// The topic, by its whole name or the part after the prefix.
fn find(asked: &str, prefix: &str) -> Outcome<(TopicName, Topic)> {
    let named = |topic: &&Topic| {
        asked == topic.suffix() || asked == topic.name || asked == topic.under(prefix)
    };
    match topics::ALL.iter().find(named) {
        Some(topic) => Ok((TopicName::new(topic.under(prefix)), *topic)),
        None => {
            let names: Vec<_> = topics::ALL.iter().map(|topic| topic.suffix()).collect();
            Err(Failure::input(format!(
                "unknown topic {asked:?}; topics are {}",
                names.join(", ")
            )))
        }
    }
}

/// Prints a record. Returns `false` once nobody reads any more.
fn print(record: &Record, topic: Topic, json: bool) -> Outcome<bool> {
    let line = match json {
        true => machine_line(record, topic),
        false => person_line(record, topic),
    };
    match writeln!(anstream::stdout().lock(), "{line}") {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn machine_line(record: &Record, topic: Topic) -> String {
    json!({
        "key": String::from_utf8_lossy(&record.key),
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": Timestamp::from_millis(record.timestamp).to_string(),
        "value": value(record, topic),
    })
    .to_string()
}

fn person_line(record: &Record, topic: Topic) -> String {
    let said = record.value.as_deref().and_then(|bytes| line(topic, bytes));
    said.unwrap_or_else(|| {
        let at = Timestamp::from_millis(record.timestamp);
        let key = String::from_utf8_lossy(&record.key);
        match record.value {
            Some(_) => format!("{at}  {key}  {}", value(record, topic)),
            None => format!("{at}  {key} is gone"),
        }
    })
}

/// A value for a person: its message, or its bytes as text with the headers beside it.
pub(crate) fn value(record: &Record, topic: Topic) -> Value {
    let Some(bytes) = record.value.as_deref() else {
        return Value::Null;
    };
    let decoded = topic
        .message
        .map(|message| hark_proto::to_json(message, bytes));
    match decoded {
        Some(Ok(value)) => value,
        Some(Err(error)) => json!({ "undecodable": error.to_string(), "bytes": bytes.len() }),
        None => {
            let headers: serde_json::Map<String, Value> = record
                .headers
                .iter()
                .map(|(name, value)| (name.clone(), json!(String::from_utf8_lossy(value))))
                .collect();
            json!({ "bytes": String::from_utf8_lossy(bytes), "headers": headers })
        }
    }
}
