//! Developer commands: `cargo xtask test`, `cargo xtask lint`, `cargo xtask ci`, `cargo xtask bench`.
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
mod needs;
mod test;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

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
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test => test::run(),
        Command::Lint => ci::lint().map(|()| ExitCode::SUCCESS),
        Command::Ci => ci::run(),
        Command::Bench { arguments } => bench::run(&arguments),
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
