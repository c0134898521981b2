//! How fast the embedded log is on this machine: appends with state, polls and look-ups.
//!
//! `cargo run --release -p hark-stream --example throughput [batches]`

#![allow(clippy::print_stdout, reason = "an example reports to the terminal")]

use hark_stream::{
    Cleanup, Commit, EmbeddedLog, EmbeddedOptions, Error, Limit, Log, NewRecord, Partitioning,
    Position, StateChange, Task, TaskId, TopicName, TopicSpec,
};
use std::time::{Duration, Instant};

const BATCH: usize = 512;
const PARTITIONS: u32 = 4;
/// How many different keys the state has; more than fit into one batch, spread at random.
const KEYS: u64 = 100_000;

fn main() -> Result<(), Error> {
    let batches = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1000);
    let folder = tempfile::tempdir().expect("the temporary folder is writable");
    for synchronous_full in [true, false] {
        let folder = folder.path().join(format!("full-{synchronous_full}"));
        let options = EmbeddedOptions {
            synchronous_full,
            ..EmbeddedOptions::default()
        };
        println!("wait for the disk at each commit: {synchronous_full}");
        measure(&*EmbeddedLog::open(&folder, options)?, batches)?;
        let started = Instant::now();
        drop(EmbeddedLog::open(&folder, options)?);
        println!("  opened again with its check in {:?}", started.elapsed());
    }
    Ok(())
}

fn measure(log: &dyn Log, batches: usize) -> Result<(), Error> {
    let topic = TopicName::new("mentions");
    let spec = TopicSpec {
        name: topic.clone(),
        partitions: PARTITIONS,
        cleanup: Cleanup::default(),
    };
    log.declare(&[spec])?;
    let mut writer = log.task(&TaskId::new("writer", 0), &[])?;
    let mut random = 1;
    let timer = start();
    for _ in 0..batches {
        writer.commit(&commit(&topic, &mut random))?;
    }
    report("appended with as many state puts", batches * BATCH, &timer);

    let timer = start();
    for _ in 0..50_000 {
        writer.get(&key(&mut random))?;
    }
    report("state look-ups", 50_000, &timer);

    let mut read = 0;
    let timer = start();
    for partition in 0..PARTITIONS {
        let mut reader = log.task(
            &TaskId::new("reader", partition),
            std::slice::from_ref(&topic),
        )?;
        read += drain(&mut *reader)?;
    }
    report("polled, each batch's position committed", read, &timer);
    Ok(())
}

fn drain(reader: &mut dyn Task) -> Result<usize, Error> {
    let mut read = 0;
    loop {
        let batch = reader.poll(
            Limit {
                records: BATCH,
                bytes: 4 << 20,
            },
            Duration::ZERO,
        )?;
        let Some(last) = batch.last() else {
            return Ok(read);
        };
        let next = Position {
            topic: last.topic.clone(),
            partition: last.partition,
            next: last.offset + 1,
        };
        reader.commit(&Commit {
            offsets: vec![next],
            ..Commit::default()
        })?;
        read += batch.len();
    }
}

fn commit(topic: &TopicName, random: &mut u64) -> Commit {
    let mut commit = Commit::default();
    for _ in 0..BATCH {
        let key = key(random);
        commit.records.push(NewRecord {
            topic: topic.clone(),
            partitioning: Partitioning::ByKey,
            timestamp: 1_700_000_000_000,
            key: key.clone(),
            value: Some(vec![7; 300]),
            headers: Vec::new(),
        });
        commit.state.push(StateChange {
            key,
            value: Some(vec![1; 64]),
        });
    }
    commit
}

/// The next key of a fixed pseudo-random sequence (xorshift).
fn key(random: &mut u64) -> Vec<u8> {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    (*random % KEYS).to_be_bytes().to_vec()
}

struct Timer {
    wall: Instant,
    cpu: f64,
}

fn start() -> Timer {
    Timer {
        wall: Instant::now(),
        cpu: cpu_seconds(),
    }
}

fn report(what: &str, count: usize, timer: &Timer) {
    let (wall, cpu) = (
        timer.wall.elapsed().as_secs_f64(),
        cpu_seconds() - timer.cpu,
    );
    println!(
        "  {what}: {count} in {wall:.2} s, {:.0} a second; {:.0} a second of processor time",
        count as f64 / wall,
        count as f64 / cpu
    );
}

/// User and system time of this process: fields 14 and 15 of `/proc/self/stat`, in hundredths.
/// Tells the cost apart from waiting for the disk and for other processes. 0 where there is none.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = stat
        .split(' ')
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}
