//! The real binary on a real Kafka broker, from the outside only. Skipped where there is no Java or no
//! way to the broker's jars, and the summary says so.

#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot go on should say where"
)]
#![allow(clippy::print_stdout, reason = "a test says what it did without")]

#[allow(
    dead_code,
    unused_imports,
    reason = "the tests without a broker use the rest"
)]
#[path = "../support/mod.rs"]
mod support;

mod consuming;
mod evolution;
mod faults;
mod python;
#[allow(dead_code, reason = "the tests of the registry use the rest")]
#[path = "../../crates/registry/tests/registry/fake.rs"]
mod registry;

use kafka_broker::{Jars, Options, Running as Broker};
use libtest_mimic::{Arguments, Trial};
use python::Python;
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use support::{Folder, QUICK, REVIEWS, Running, brands, eventually};

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Each of them is several processes already.
    arguments.test_threads = Some(1);
    let jars = Jars::for_tests(&kafka().join("jars"));
    let skip = jars.is_none();
    let python = jars
        .is_some()
        .then(|| Python::for_tests(&kafka().join("python"), consuming::install()))
        .flatten();
    let without_python = python.is_none();
    let ground = Arc::new(Ground {
        jars,
        python,
        broker: OnceLock::new(),
    });
    type Test = (&'static str, fn(&Ground));
    let tests: [Test; 8] = [
        (
            "an_import_through_kafka_reports_what_it_does_without",
            alone,
        ),
        ("three_processes_report_what_one_does", shared_out),
        (
            "thirty_kills_of_any_process_change_no_count",
            faults::killed,
        ),
        ("what_nobody_can_read_stops_nobody", faults::poisoned),
        (
            "while_the_broker_is_gone_who_pushes_is_told_to_wait",
            faults::away,
        ),
        (
            "messages_of_older_and_newer_schemas_count_as_todays",
            evolution::mixed,
        ),
        ("several_processes_share_a_stage", several),
        ("roles_without_kafka_are_refused", refused),
    ];
    let in_python: [Test; 3] = [
        (
            "what_the_page_for_consumers_says_is_so",
            consuming::the_page,
        ),
        (
            "values_in_json_are_read_by_anybody_and_by_hark",
            consuming::values_in_json,
        ),
        (
            "values_carry_the_ids_that_a_registry_gave",
            consuming::ids_of_a_registry,
        ),
    ];
    let tests = tests.map(|test| (test, skip));
    let in_python = in_python.map(|test| (test, without_python));
    let trials = tests.into_iter().chain(in_python);
    let trials = trials.map(|((name, test), skip)| {
        let ground = Arc::clone(&ground);
        Trial::test(name, move || {
            test(&ground);
            Ok(())
        })
        .with_ignored_flag(skip)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn kafka() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("kafka")
}

/// One broker for all, started by the first that needs it.
struct Ground {
    jars: Option<Jars>,
    python: Option<Python>,
    broker: OnceLock<Broker>,
}

impl Ground {
    /// Only for tests that are skipped without it.
    fn python(&self) -> &Python {
        self.python.as_ref().unwrap()
    }

    fn servers(&self) -> String {
        self.broker.get_or_init(|| self.start()).bootstrap()
    }

    /// A broker to be treated badly.
    fn start(&self) -> Broker {
        let jars = self.jars.as_ref().unwrap();
        Broker::start(jars, &kafka().join("clusters"), Options::default()).unwrap()
    }

    /// A folder whose hark works on Kafka, under names of its own.
    fn folder(&self, prefix: &str, rows: u32) -> Folder {
        self.folder_with(prefix, 1, rows)
    }

    /// With so many partitions.
    fn folder_with(&self, prefix: &str, partitions: u32, rows: u32) -> Folder {
        self.folder_on(&self.servers(), prefix, partitions, rows)
    }

    /// On a broker of its own.
    fn folder_on(&self, servers: &str, prefix: &str, partitions: u32, rows: u32) -> Folder {
        let log = format!(
            "[log]\ntopic_prefix = \"{prefix}\"\nkafka.servers = \"{servers}\"\n\
             kafka.partitions = {partitions}\n"
        );
        let config = CONFIG.replace("[log]\n", &log);
        let folder = Folder::new(&format!("{config}{}{REVIEWS}", brands(&["acme", "globex"])));
        folder.write("reviews.csv", reviews(rows));
        folder
    }
}

/// Time moves with the events, also in a hark that runs.
const CONFIG: &str = "[log]\nsync = false\n[http]\nlisten = \"127.0.0.1:0\"\n\
                      [authors]\npepper_env = \"HARK_TEST_PEPPER\"\n[aggregate]\ntime = \"event\"\n";

/// What people said of two brands, a minute after the other.
fn reviews(rows: u32) -> String {
    let said = [
        "Acme lost my parcel and nobody answers the phone",
        "Globex support was wonderful, thank you!",
        "Does Acme open on Sunday?",
        "Acme was cheap, Globex was kind",
        "Cancelled Globex, two years of late trains are enough",
    ];
    let mut csv = "id,who,created,text,stars\n".to_owned();
    for row in 0..rows {
        let (hour, minute) = (8 + row / 60, row % 60);
        let text = said[row as usize % said.len()];
        let who = row % 7;
        writeln!(
            csv,
            "{row},author{who},2026-03-01T{hour:02}:{minute:02}:00Z,\"{text} ({row})\",3"
        )
        .unwrap();
    }
    csv
}

/// What the embedded log makes of as many rows.
fn without(rows: u32) -> Value {
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}", brands(&["acme", "globex"])));
    folder.write("reviews.csv", reviews(rows));
    folder.hark(&["import", "reviews.csv"]);
    report(&folder)
}

fn report(folder: &Folder) -> Value {
    serde_json::from_str(&folder.report()).unwrap()
}

fn alone(ground: &Ground) {
    let folder = ground.folder("alone", 60);
    for _ in 0..2 {
        folder.hark(&["import", "reviews.csv"]);
        assert_eq!(report(&folder), without(60));
    }
    let mentions = folder.topic("mentions");
    assert_eq!(mentions.len(), 72, "12 of 60 name both brands");
}

/// A process with a part of the work and a folder of its own.
fn role(folder: &Folder, role: &str) -> Running {
    process(folder, role, role)
}

/// One of several with the same part.
fn process(folder: &Folder, role: &str, name: &str) -> Running {
    let mut command = folder.command(&["run", "--role", role, "--log-json"]);
    command.env("HARK_DATA_DIR", format!("data-{name}"));
    let mut running = Running::start(command);
    running.logged("at work");
    running
}

fn until_reported(folder: &Folder, expected: &Value) {
    eventually("the report of one process", || {
        let output = folder.output(&["report", "--window", "all", "--json"]);
        let found: Value = serde_json::from_slice(&output.stdout).ok()?;
        (&found == expected).then_some(())
    });
}

fn shared_out(ground: &Ground) {
    let folder = ground.folder("shared-out", 100);
    let _parts = ["classify", "aggregate", "care"].map(|part| role(&folder, part));
    let said = folder.hark(&["import", "reviews.csv", "--role", "ingest"]);
    assert!(
        said.starts_with("100 records read: 100 handed on,"),
        "{said}"
    );
    until_reported(&folder, &without(100));
}

/// The counts of a report; which mention alerted first depends on who read faster.
fn counts(mut report: Value) -> Value {
    report.as_object_mut().unwrap().remove("alerts");
    report
}

fn several(ground: &Ground) {
    let folder = ground.folder_with("several", 4, 200);
    let _aggregate = role(&folder, "aggregate");
    let first = process(&folder, "classify", "first");
    let _second = process(&folder, "classify", "second");
    let mut import = folder.command(&["import", "reviews.csv", "--role", "ingest"]);
    let mut import = import.spawn().unwrap();
    // Whoever stays takes the work of whoever is killed.
    drop(first);
    assert!(import.wait().unwrap().success());
    let expected = counts(without(200));
    eventually("the counts of one process", || {
        let output = folder.output(&["report", "--window", "all", "--json"]);
        let found: Value = serde_json::from_slice(&output.stdout).ok()?;
        (counts(found) == expected).then_some(())
    });
}

fn refused(_: &Ground) {
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}", brands(&["acme"])));
    let (code, said) = folder.refusal(&["run", "--role", "classify"]);
    assert_eq!(code, 1);
    assert!(said.contains("[log.kafka]"), "{said}");
}
