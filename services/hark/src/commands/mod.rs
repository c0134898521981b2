//! What hark can be asked to do, one file each.

mod check;
mod classify;
mod dead_letters;
mod demo;
mod eval;
mod import;
mod line;
mod report;
mod run;
mod schema;
mod tail;

use crate::cli::{Cli, Command};
use crate::exit::{Failure, Outcome};
use std::future::Future;
use std::time::Duration;

/// Does what the command line asks.
pub(crate) fn run(cli: Cli) -> Outcome {
    match cli.command {
        Command::Demo(args) => block_on(demo::demo(args)),
        Command::Run(args) => block_on(run::run(args)),
        Command::Import(args) => block_on(import::import(args)),
        Command::Classify(args) => classify::classify(&args),
        Command::Eval(args) => eval::eval(&args),
        Command::Report(args) => report::report(&args),
        Command::Tail(args) => tail::tail(&args),
        Command::Schema(command) => block_on(schema::schema(command)),
        Command::Check(args) => check::check(&args),
        Command::DeadLetters(command) => dead_letters::dead_letters(&command),
    }
}

fn block_on(work: impl Future<Output = Outcome>) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::System(format!("cannot start: {error}")))?;
    let outcome = runtime.block_on(work);
    // What has not come to rest by now never will; it must not keep the process from ending.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}
