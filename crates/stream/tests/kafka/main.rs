//! The log on Kafka keeps the contract, on a real broker. Skipped where there is no Java or no way to
//! the broker's jars, and the summary says so.

#![allow(
    clippy::unwrap_used,
    reason = "a test that panics has failed, helpers included"
)]

mod brokers;
mod copy;
mod faults;
mod ground;
mod groups;

use ground::Ground;
use hark_stream::{KafkaLog, KafkaOptions};
use kafka_broker::Jars;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    if let Ok(told) = std::env::var(faults::CHILD) {
        return child(&told);
    }
    let mut arguments = Arguments::from_args();
    // One broker serves all; more at once make it no faster, and hide whose fault a delay is.
    arguments.test_threads = arguments.test_threads.or(Some(4));
    let jars = Jars::for_tests(&kafka().join("jars"));
    let skip = jars.is_none();
    let ground = Arc::new(Ground::new(jars, kafka()));
    let contract = hark_stream::contract_checks!();
    let contract = contract.into_iter().map(|(name, check)| {
        let ground = Arc::clone(&ground);
        Trial::test(format!("contract::{name}"), move || {
            check(&ground.subject()?);
            Ok(())
        })
        .with_ignored_flag(skip)
    });
    let named = |group, (name, test): faults::Fault| (format!("{group}::{name}"), test);
    let groups = groups::ALL.map(|test| named("groups", test));
    let brokers = brokers::ALL.map(|test| named("brokers", test));
    let faults = faults::ALL.map(|test| named("faults", test));
    let faults = groups
        .into_iter()
        .chain(brokers)
        .chain(faults)
        .map(|(name, test)| {
            let ground = Arc::clone(&ground);
            let run = move || test(&ground).map_err(|error| Failed::from(format!("{error:?}")));
            Trial::test(name, run).with_ignored_flag(skip)
        });
    let trials = contract.chain(faults).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What the process does that is killed: it copies for ever.
fn child(told: &str) -> ExitCode {
    let told: Vec<&str> = told.lines().collect();
    let options = KafkaOptions {
        namespace: told[1].to_owned(),
        topics: told[1].to_owned(),
        ..KafkaOptions::new(told[0], told[2])
    };
    let log = KafkaLog::connect(options).unwrap();
    match copy::worker(log, Arc::default()).run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Where the broker's jars and data are.
fn kafka() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("kafka")
}
