//! hark: hears how brands treat people, and tells the people who can do something about it.
//!
//! The only binary, and the one place that knows every concrete type: it reads the
//! configuration, puts stages, logs and sources together, and talks to a person.
//!
//! Never contains: logic that another program would want.

#[doc(hidden)]
pub mod bench;
mod cli;
mod cluster_metrics;
mod commands;
mod config;
mod demo_posts;
mod exit;
mod judgement;
mod listening;
mod logs;
mod metrics_catalogue;
mod part;
mod pepper;
mod schemas;
mod scores;
mod stages;
mod system;
mod telling;
mod term;
mod touchpoints;
mod universe;

// Stages hand what they read to each other's threads, SQLite allocates for every row, and glibc's
// allocator makes the threads wait for one another: a sixth of the path's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use clap::Parser;
use std::process::ExitCode;

/// The whole program: reads the command line, does what it asks, and says how that went.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    cli.init_logs();
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
