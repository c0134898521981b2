//! `hark report`: who is talked about how much, and how.

mod json;
mod table;

use crate::cli::{ImportArgs, ReportArgs};
use crate::exit::{Failure, Outcome};
use crate::logs::Look;
use crate::universe::Universe;
use hark_aggregate::Snapshot;
use hark_insight::{AlertCounts, Report, Store, VoiceReport};
use hark_model::{MarketId, Timestamp, Window};
use hark_proto::topics::{self, Topic};
use hark_stream::{Clock, State, SystemClock, TaskId, TopicName};
use std::collections::BTreeMap;

/// Everything a report says.
pub(crate) struct Findings {
    pub(crate) window: &'static str,
    pub(crate) markets: Vec<MarketFindings>,
    pub(crate) alerts: AlertCounts,
    pub(crate) names: BTreeMap<String, String>,
}

/// One market of it.
pub(crate) struct MarketFindings {
    pub(crate) id: MarketId,
    pub(crate) voice: VoiceReport,
    /// For each brand: promoters, passives, detractors, provisional.
    pub(crate) standings: Vec<[u64; 4]>,
}

pub(crate) fn report(args: &ReportArgs) -> Outcome {
    let at = args
        .at
        .map(|at| Timestamp::from_millis(at.as_millisecond()));
    let found = look(
        &Look::open(&args.look)?,
        args.market.as_deref(),
        &args.window,
        at,
    )?;
    show(&found, args.json);
    Ok(())
}

/// What `hark import` says at its end: everything ever counted.
pub(crate) fn after_import(args: &ImportArgs) -> Outcome {
    let found = look(&Look::open(&args.look())?, None, "all", None)?;
    show(&found, args.json);
    Ok(())
}

fn show(found: &Findings, json: bool) {
    if json {
        anstream::println!("{}", json::render(found));
    } else {
        anstream::print!("{}", table(found));
    }
}

/// The report as a table.
pub(crate) fn table(found: &Findings) -> String {
    table::render(found)
}

fn snapshots<'a>(states: &'a [Box<dyn State + '_>]) -> Vec<Snapshot<'a>> {
    states.iter().map(|state| Snapshot(&**state)).collect()
}

fn stores<'a>(snapshots: &'a [Snapshot<'_>]) -> Vec<&'a dyn Store> {
    snapshots.iter().map(|store| store as &dyn Store).collect()
}

/// The state of every task of a stage.
fn states<'a>(
    look: &'a Look,
    universe: &Universe,
    stage: &str,
    input: Topic,
) -> Outcome<Vec<Box<dyn State + 'a>>> {
    let input = TopicName::new(input.under(&universe.topic_prefix));
    let specs = look.topics()?;
    let known = specs.iter().find(|spec| spec.name == input);
    (0..known.map_or(1, |spec| spec.partitions))
        .map(|partition| look.state(&TaskId::new(stage, partition)))
        .collect()
}

/// Counts, from the state of the aggregate stage; works beside a running hark.
pub(crate) fn look(
    look: &Look,
    market: Option<&str>,
    window: &str,
    at: Option<Timestamp>,
) -> Outcome<Findings> {
    let universe =
        Universe::read(look)?.ok_or_else(|| Failure::input("nothing was ever counted here"))?;
    let calculus = universe.calculus();
    if let Some(wanted) = market
        && !calculus
            .markets
            .iter()
            .any(|known| known.id.as_str() == wanted)
    {
        let known: Vec<_> = calculus.markets.iter().map(|m| m.id.as_str()).collect();
        return Err(Failure::input(format!(
            "there is no market {wanted:?}; there are: {}",
            known.join(", ")
        )));
    }
    let shares = states(look, &universe, hark_aggregate::STAGE, topics::MENTIONS)?;
    let markets = match shares.len() {
        1 => Vec::new(),
        _ => states(look, &universe, hark_aggregate::MARKET_STAGE, topics::PANES)?,
    };
    let (shares, markets) = (snapshots(&shares), snapshots(&markets));
    let report = Report {
        config: &calculus,
        shares: stores(&shares),
        // Of one share it is decided where it is counted.
        whole: stores(if markets.is_empty() {
            &shares
        } else {
            &markets
        }),
    };
    let at = match at {
        Some(at) => at,
        None => report
            .newest()?
            .unwrap_or_else(|| Timestamp::from_millis(SystemClock.now())),
    };
    let span = Window::parse(window);
    let everybody = report.standings()?;
    let mut markets = Vec::new();
    for known in calculus
        .markets
        .iter()
        .filter(|m| market.is_none_or(|id| m.id.as_str() == id))
    {
        let standings = known
            .brands
            .iter()
            .map(|brand| everybody.get(brand).copied().unwrap_or_default())
            .collect();
        markets.push(MarketFindings {
            id: known.id.clone(),
            voice: report.voice(known, span, at)?,
            standings,
        });
    }
    Ok(Findings {
        window: span.map_or("all", Window::as_str),
        markets,
        alerts: report.alerts()?,
        names: universe.names,
    })
}
