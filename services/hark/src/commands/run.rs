//! `hark run`: listen until told to stop.

use crate::cli::{Role, RoleArgs, RunArgs};
use crate::config::{Config, load};
use crate::exit::{Failure, Outcome};
use crate::schemas;
use crate::system::System;
use hark_telemetry::{Server, Shutdown};
use std::sync::Arc;
use std::time::Instant;

pub(crate) async fn run(args: RunArgs) -> Outcome {
    let config = Arc::new(schemas::with_ids(load(&args.config.config)?).await?);
    check(&args.roles, &config)?;
    if config.sources.is_empty() && args.roles.has(Role::Ingest) {
        return Err(Failure::input(format!(
            "{}: nothing to listen to: add a [[source]], or use `hark import FILE`",
            args.config.config.display()
        )));
    }
    // From here on: a signal that comes while the model is loading is a proper stop too.
    let signalled = tokio::spawn(Shutdown::signalled());
    let mut system = System::open(Arc::clone(&config), &args.data.data_dir)?;
    let started = system.health.part("start");
    let server = Server::bind(
        args.listen.as_deref().unwrap_or(&config.http.listen),
        system.metrics.clone(),
        system.health.clone(),
    )
    .await
    .map_err(|error| Failure::System(error.to_string()))?;
    if let Some(address) = server.address() {
        tracing::info!(%address, "serving /metrics, /healthz and /readyz");
    }
    let server = server.with(hark_registry::routes(schemas::catalogue(&config)));
    tokio::spawn(server.serve(system.shutdown.token()));
    let care = part(args.roles.has(Role::Care), || system.care())?;
    let aggregate = part(args.roles.has(Role::Aggregate), || {
        system.aggregate(&config.aggregate)
    })?;
    let classify = part(args.roles.has(Role::Classify), || system.classify())?;
    let sources = part(args.roles.has(Role::Ingest), || system.listen())?;
    system.keep_clean();
    started.report(0, true, Instant::now());
    tracing::info!(roles = ?args.roles.ours(), brands = config.brands.len(), "at work");
    let outcome = tokio::select! {
        biased; // a failure is told before the signal that may have caused it
        failure = system.failed() => {
            // Told now: what comes may take its time, or go wrong too.
            tracing::error!(%failure, "a part of hark cannot go on");
            Err(failure)
        }
        signalled = signalled => match signalled {
            Ok(signalled) => signalled.map_err(Failure::from),
            Err(error) => Err(Failure::System(error.to_string())),
        },
    };
    tracing::info!("stopping: no more is taken in, what is under way is committed");
    system.health.stop();
    system.shutdown.stop();
    let down = async {
        if let Some(sources) = sources {
            sources.stopped().await;
        }
        for stage in classify.into_iter().chain(aggregate.into_iter().flatten()) {
            stage.stopped().await;
        }
        if let Some(care) = care {
            care.stopped().await;
        }
    };
    if tokio::time::timeout(Shutdown::BUDGET, down).await.is_err() {
        return Err(Failure::System(
            "not everything came to rest within 10 s; what was acknowledged is safe and is taken \
             up at the next start"
                .to_owned(),
        ));
    }
    // Connections are closed with it.
    drop(system);
    tracing::info!("stopped");
    outcome
}

/// The embedded log serves one process, which then does everything.
pub(super) fn check(roles: &RoleArgs, config: &Config) -> Outcome {
    if roles.all() || config.log.kafka.is_some() {
        return Ok(());
    }
    Err(Failure::input(
        "--role: on the embedded log one process does everything; to share the work among several, \
         configure [log.kafka]",
    ))
}

/// Starts a part of the work, if it is this process's.
fn part<T>(ours: bool, start: impl FnOnce() -> Outcome<T>) -> Outcome<Option<T>> {
    ours.then(start).transpose()
}
