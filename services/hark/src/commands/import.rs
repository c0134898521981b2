//! `hark import`: a file through the whole path to the end.

use super::report;
use crate::cli::{ImportArgs, Role};
use crate::config::{Config, SourceConfig, SourceKind, load};
use crate::exit::{Failure, Outcome};
use crate::schemas;
use crate::system::System;
use crate::term::ImportBar;
use hark_aggregate::{AggregateConfig, TimeConfig};
use hark_ingest::{FileConfig, FileSource, Outcome as Became};
use hark_model::{SourceId, Span};
use hark_telemetry::Shutdown;
use std::sync::Arc;

/// In a replay, share of voice is published for each hour of event time.
const PUBLISH_EVERY: Span = Span::from_hours(1);

pub(crate) async fn import(args: ImportArgs) -> Outcome {
    let config = Arc::new(schemas::with_ids(load(&args.config.config)?).await?);
    super::run::check(&args.roles, &config)?;
    let (id, file) = reading(&config, args.source.as_deref())?;
    let mut system = System::open(Arc::clone(&config), &args.data.data_dir)?;
    let bar = Arc::new(ImportBar::new());
    let source =
        FileSource::new(id.clone(), file, Some(args.file.clone())).with_progress(bar.clone());
    let replay = AggregateConfig {
        time: TimeConfig::Event,
        publish_every: PUBLISH_EVERY,
        ..config.aggregate.clone()
    };
    let has = |role| args.roles.has(role);
    let aggregate = has(Role::Aggregate).then(|| system.aggregate(&replay));
    let aggregate = aggregate.transpose()?;
    let classify = has(Role::Classify).then(|| system.classify()).transpose()?;
    let source = has(Role::Ingest).then(|| system.source(Box::new(source), true));
    let source = source.transpose()?;
    bar.follow(Arc::clone(&system.log), &config);
    let work = async {
        if let Some(source) = source {
            source.ended().await?;
        }
        for stage in classify.into_iter().chain(aggregate.into_iter().flatten()) {
            stage.drain().await?;
        }
        Ok(())
    };
    let outcome = tokio::select! {
        biased; // work that is done is done, whatever came at the same moment
        outcome = work => outcome,
        signalled = Shutdown::signalled() => {
            signalled?;
            Err(Failure::System(
                "interrupted; run the same command again and it goes on where it stopped".to_owned(),
            ))
        }
    };
    bar.finish();
    if let Err(failure) = outcome {
        system.shutdown.stop();
        return Err(cause(failure, system.failure()));
    }
    if has(Role::Care) {
        tokio::task::block_in_place(|| system.care_until_idle())?;
    }
    system.shutdown.stop();
    if has(Role::Aggregate) {
        return tokio::task::block_in_place(|| report::after_import(&args));
    }
    if has(Role::Ingest) {
        anstream::println!("{}", read(&system.ingest.outcomes(&id)));
    }
    Ok(())
}

/// What is told of an import that counts nothing itself.
fn read(outcomes: &[(Became, u64)]) -> String {
    let all: u64 = outcomes.iter().map(|(_, count)| count).sum();
    let parts: Vec<String> = outcomes
        .iter()
        .map(|(became, count)| {
            let what = match became {
                Became::Accepted => "handed on",
                Became::Duplicate => "known already",
                Became::Filtered => "name no brand",
                Became::DeadLetter => "unusable (see `hark dead-letters list`)",
            };
            format!("{count} {what}")
        })
        .collect();
    format!("{all} records read: {}", parts.join(", "))
}

/// What is told of an import that failed: what failed first, as the system noted it. When that is
/// the source's own word, it is about the file, which is the user's to mend.
fn cause(failure: Failure, first: Option<Failure>) -> Failure {
    match (failure, first) {
        (Failure::Input(lines), Some(Failure::System(first))) if !lines.contains(&first) => {
            Failure::System(first)
        }
        (failure @ Failure::Input(_), _) => failure,
        (failure, first) => first.unwrap_or(failure),
    }
}

/// Which file source says how the file is read.
fn reading(config: &Config, wanted: Option<&str>) -> Outcome<(SourceId, FileConfig)> {
    let mut files = config
        .sources
        .iter()
        .filter_map(|SourceConfig { id, kind }| match kind {
            SourceKind::File(file) => Some((id.clone(), (**file).clone())),
            _ => None,
        });
    if let Some(wanted) = wanted {
        return files.find(|(id, _)| id.as_str() == wanted).ok_or_else(|| {
            Failure::input(format!("the configuration has no file source {wanted:?}"))
        });
    }
    match (files.next(), files.next()) {
        (None, _) => Ok((SourceId::new("import"), FileConfig::default())),
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(Failure::input(
            "the configuration has several file sources; say with --source which one reads this file",
        )),
    }
}
