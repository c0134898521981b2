//! Developer commands: `cargo xtask test`, `cargo xtask lint`, `cargo xtask ci`.
//!
//! Never contains: anything that a user of hark needs.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a developer's terminal"
)]

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
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test => test::run(),
        Command::Lint => ci::lint().map(|()| ExitCode::SUCCESS),
        Command::Ci => ci::run(),
    };
    done.unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}
