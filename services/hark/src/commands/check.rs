//! `hark check`: every mistake at once, and what the queries mean.

use crate::cli::CheckArgs;
use crate::config::load;
use crate::exit::{Failure, Outcome};
use crate::touchpoints;
use hark_ingest::query::{Document, Query, QuerySet, audit, explain};
use std::sync::Arc;

/// Touchpoints that are told worse than this (F1) are of little use.
const USABLE: f64 = 0.6;

pub(crate) fn check(args: &CheckArgs) -> Outcome {
    let config = load(&args.config.config)?;
    let mut parsed = Vec::new();
    for brand in &config.brands {
        let query = Query::parse(&brand.query)
            .map_err(|_| Failure::input(format!("the query of brand {:?} is wrong", brand.id)))?;
        if !args.quiet {
            anstream::println!("{} ({}): {}", brand.name(), brand.id, explain(&query));
        }
        parsed.push((brand.brand(), query));
    }
    if let Some(sample) = &args.sample {
        let text = std::fs::read_to_string(sample)
            .map_err(|error| Failure::input(format!("{}: {error}", sample.display())))?;
        let set = QuerySet::build(parsed).map_err(|error| Failure::input(error.to_string()))?;
        let set = Arc::new(set);
        let found = audit(&set, text.lines().map(Document::of_text));
        for brand in found.brands.iter().filter(|_| !args.quiet) {
            anstream::println!(
                "{}: {} of {} sample texts",
                brand.brand,
                brand.hits,
                found.documents
            );
            for clause in &brand.clauses {
                anstream::println!("  {:>7}  {}", clause.hits, clause.clause);
            }
        }
        for warning in found.warnings() {
            anstream::println!("warning: {warning}");
        }
    }
    config.own_touchpoints.queries()?;
    let (_, qualities) = touchpoints::model(&config)?;
    for quality in qualities.iter().filter(|_| !args.quiet) {
        anstream::println!(
            "touchpoint {}: {} of its {} examples would be found by the others, {} of {} other \
             texts be taken for it",
            quality.id,
            quality.found,
            quality.examples,
            quality.mistaken,
            quality.others
        );
    }
    for quality in qualities.iter().filter(|quality| quality.f1() < USABLE) {
        anstream::println!(
            "warning: touchpoint {}: its examples have too little in common; give more of them, \
             or a query",
            quality.id
        );
    }
    if !args.quiet {
        anstream::println!(
            "{}: {} brands, {} markets, {} sources, {} webhooks, no mistake",
            args.config.config.display(),
            config.brands.len(),
            config.markets.len(),
            config.sources.len(),
            config.webhooks.webhooks.len()
        );
    }
    Ok(())
}
