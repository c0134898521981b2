//! `hark check`: every mistake at once, and what the queries mean.

use crate::cli::CheckArgs;
use crate::config::load;
use crate::exit::{Failure, Outcome};
use hark_ingest::query::{Document, Query, QuerySet, audit, explain};
use std::sync::Arc;

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
