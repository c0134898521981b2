//! `hark demo`: an invented market, live, with an incident.

mod stream;
mod view;

use crate::cli::DemoArgs;
use crate::config::{Config, parse_demo};
use crate::exit::{Failure, Outcome};
use crate::system::{System, topic};
use hark_aggregate::{AggregateConfig, TimeConfig};
use hark_model::{Alert, Span};
use hark_proto::{Wire, topics};
use hark_stream::{Limit, Log};
use hark_telemetry::{Server, Shutdown};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::DemoSource;
use view::View;

/// How many times as fast as on the wall time runs in the demo.
const SPEED: i64 = 60;
/// How often the table is drawn.
const DRAW: Duration = Duration::from_secs(5);
const AT_ONCE: Limit = Limit {
    records: 64,
    bytes: 1 << 20,
};

pub(crate) async fn demo(args: DemoArgs) -> Outcome {
    let config = Arc::new(parse_demo().map_err(Failure::Input)?);
    let folder = tempfile::tempdir()?;
    let mut system = System::open(Arc::clone(&config), folder.path())?;
    let server = Server::bind(&args.listen, system.metrics.clone(), system.health.clone())
        .await
        .map_err(|error| Failure::System(error.to_string()))?;
    let view = View::new(&config, folder.path());
    view.welcome(server.address());
    tokio::spawn(server.serve(system.shutdown.token()));
    let replay = AggregateConfig {
        time: TimeConfig::Event,
        publish_every: Span::from_minutes(1),
        ..config.aggregate.clone()
    };
    let aggregate = system.aggregate(&replay)?;
    let classify = system.classify()?;
    let log = Arc::clone(&system.log);
    let source = DemoSource::new(args.seed, SPEED);
    let source = system.source(Box::new(source), false)?;
    let outcome = tokio::select! {
        biased; // a failure is told before the end it may have caused
        failure = system.failed() => Err(failure),
        signalled = Shutdown::signalled() => signalled.map_err(Failure::from),
        () = watch(&view, &config, &*log, args.for_) => Ok(()),
    };
    system.shutdown.stop();
    source.stop();
    let at_rest = async {
        // A source that failed has told so already.
        let _ = source.ended().await;
        classify.stopped().await;
        for stage in aggregate {
            stage.stopped().await;
        }
    };
    if tokio::time::timeout(Shutdown::BUDGET, at_rest)
        .await
        .is_err()
    {
        return Err(Failure::System(
            "the demo did not come to rest within 10 s".to_owned(),
        ));
    }
    outcome?;
    tokio::task::block_in_place(|| view.summary())
}

/// Shows alerts as they come, and the table now and then, until the time is over.
async fn watch(view: &View, config: &Config, log: &dyn Log, time: Option<Duration>) {
    let started = Instant::now();
    let alerts = topic(config, topics::ALERTS);
    let (mut next, mut drawn) = (0, Instant::now());
    let mut ticks = tokio::time::interval(Duration::from_millis(200));
    while time.is_none_or(|time| started.elapsed() < time) {
        ticks.tick().await;
        tokio::task::block_in_place(|| {
            for record in log.read(&alerts, 0, next, AT_ONCE).unwrap_or_default() {
                next = record.offset + 1;
                if let Some(Ok(alert)) = record.value.as_deref().map(Alert::decode) {
                    view.alert(&alert);
                }
            }
            if drawn.elapsed() >= DRAW {
                drawn = Instant::now();
                view.table();
            }
        });
    }
}
