//! Developer commands: `cargo xtask test`, `lint`, `ci`, `bench`, `eval`, `corpus`,
//! `kafka`.
//!
//! Never contains: anything that a user of hark needs.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a developer's terminal"
)]

mod bench;
mod cargo;
mod ci;
mod corpus;
mod eval;
mod kafka;
mod needs;
mod test;

use anyhow::Result;
use clap::{Parser, Subcommand};
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where the data sets are, when not in `../shared`; what wants them says so and does without.
const SHARED: &str = "HARK_SHARED";

/// Where the data sets are. Absolute: a test runs in its crate's folder, not where the developer
/// stands.
fn shared() -> Result<PathBuf> {
    let given = env::var_os(SHARED).map(PathBuf::from);
    let here = env::current_dir()?;
    Ok(given.map_or_else(
        || cargo::root().join("../shared"),
        |path| here.join(Path::new(&path)),
    ))
}

/// Builds, checks and tests hark.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every test, documentation examples included; the counts come last.
    Test,
    /// Check formatting, Clippy, the documentation and the alerting rules; any warning fails.
    Lint,
    /// What a change must pass: lint, then test.
    Ci,
    /// Measure speed, cost, memory and time to alert in a release build; `bench --help` says how.
    #[command(disable_help_flag = true)]
    Bench {
        /// Handed on to the program that measures.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Measure the shipped model on every evaluation set in a release build; a score that fell by
    /// more than a point fails.
    Eval(eval::EvalArgs),
    /// Check the labelled corpus: ids, quotas, near-duplicates, agreement of its readers.
    Corpus,
    /// A real Kafka on this machine, for trying things: start, break and stop it.
    #[command(subcommand)]
    Kafka(kafka::KafkaCommand),
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test => test::run(),
        Command::Lint => ci::lint().map(|()| ExitCode::SUCCESS),
        Command::Ci => ci::run(),
        Command::Bench { arguments } => bench::run(&arguments),
        Command::Eval(args) => eval::run(&args),
        Command::Corpus => corpus::run(),
        Command::Kafka(command) => kafka::run(&command),
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
