//! `bench kafka`: what the log on Kafka costs and reaches, on a broker that is started for it, beside
//! what others do there with the same records.

mod counting;
mod load;
mod peers;
mod sharing;

use crate::{Bound, Job, LOAD, Outcome, Report, config, median, number, per, run, write_texts};
use clap::Args;
use counting::{Counting, Opening};
use kafka_broker::{Jars, Options, Running};
use load::Load;
use peers::{Peer, Peers};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sharing::Sharing;
use std::fs;
use std::path::{Path, PathBuf};

/// The commit interval by default, in ms.
const INTERVAL: u64 = 100;
/// Commit intervals that are compared, in ms.
const INTERVALS: [u64; 5] = [0, 50, 100, 250, 1_000];
/// Authors of the mentions, where it does not matter how many there are.
const AUTHORS: u64 = 50_000;

/// Measures the log on Kafka.
#[derive(Debug, Args)]
pub(crate) struct KafkaArgs {
    /// Mentions counted in each measurement.
    #[arg(long, default_value_t = 200_000)]
    mentions: u64,
    /// Authors whose state is restored.
    #[arg(long, default_value_t = 1_000_000)]
    authors: u64,
    /// Rounds, of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// For how many seconds alerts are timed.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Texts judged by the model to learn what full load is.
    #[arg(long, default_value_t = 3_000)]
    texts: usize,
    /// Where what is fetched is kept: the broker's jars, the peers.
    #[arg(long, default_value = "target/kafka")]
    cache: PathBuf,
    /// Only these parts.
    #[arg(long, value_delimiter = ',', default_values_t = ["peers", "cost", "latency", "restore", "sharing"].map(str::to_owned))]
    only: Vec<String>,
}

/// One measurement in a process of its own.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum KafkaJob {
    Load(Load),
    Count(Counting),
    Open(Opening),
    Share(Sharing),
}

impl KafkaJob {
    pub(crate) fn work(&self) -> Outcome<Value> {
        match self {
            Self::Load(load) => load.fill(),
            Self::Count(counting) => counting.count(),
            Self::Open(opening) => opening.open(),
            Self::Share(sharing) => sharing.work(),
        }
    }
}

/// Where all of it happens.
struct Ground<'a> {
    args: &'a KafkaArgs,
    servers: String,
    folder: &'a Path,
    config: PathBuf,
}

impl Ground<'_> {
    fn run(&self, job: KafkaJob, what: &str) -> Outcome<Value> {
        run(&Job::Kafka(job), what)
    }

    fn load(&self, topic: &str, partitions: u32, count: u64, authors: u64) -> Outcome<()> {
        let load = Load {
            servers: self.servers.clone(),
            folder: self.folder.join(topic),
            topic: topic.to_owned(),
            partitions,
            count,
            authors,
        };
        self.run(
            KafkaJob::Load(load),
            &format!("writing {count} mentions to {topic}"),
        )?;
        Ok(())
    }

    fn counting(&self, name: &str, topic: &str, count: u64) -> Counting {
        Counting {
            servers: self.servers.clone(),
            folder: self.folder.join(name),
            config: self.config.clone(),
            name: name.to_owned(),
            topic: topic.to_owned(),
            count,
            interval_ms: INTERVAL,
            exactly_once: true,
            standby: false,
        }
    }

    fn count(&self, counting: Counting) -> Outcome<Value> {
        let what = format!(
            "counting every {} ms, {}",
            counting.interval_ms,
            if counting.exactly_once {
                "exactly once"
            } else {
                "at least once"
            }
        );
        self.run(KafkaJob::Count(counting), &what)
    }
}

pub(crate) fn measure(args: &KafkaArgs, folder: &Path, report: &mut Report) -> Outcome<()> {
    let jars = Jars::get(&args.cache.join("jars"))?;
    let broker = Running::start(&jars, &folder.join("broker"), Options::default())?;
    let ground = Ground {
        args,
        servers: broker.bootstrap(),
        folder,
        config: folder.join("hark.toml"),
    };
    fs::write(&ground.config, config())?;
    fs::write(folder.join("pepper"), "the pepper of these measurements")?;
    let wanted = |part: &str| args.only.iter().any(|only| only == part);
    if wanted("peers") || wanted("cost") {
        ground.load("load.mentions", 1, args.mentions, AUTHORS)?;
    }
    if wanted("peers") {
        beside_others(&ground, report)?;
    }
    if wanted("cost") {
        cost(&ground, report)?;
    }
    if wanted("latency") {
        latency(&ground, report)?;
    }
    if wanted("restore") {
        restore(&ground, report)?;
    }
    if wanted("sharing") {
        sharing::measure(&ground, report)?;
    }
    Ok(())
}

fn rate(run: &Value) -> f64 {
    per(run, "records", "seconds")
}

fn beside_others(ground: &Ground<'_>, report: &mut Report) -> Outcome<()> {
    let peers = Peers::install(&ground.args.cache)?;
    let count = ground.args.mentions;
    let (mut ours, mut quix, mut copies) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ground.args.rounds {
        ours.push(ground.count(ground.counting(
            &format!("ours-{round}"),
            "load.mentions",
            count,
        ))?);
        quix.push(peers.run(Peer::Quix, &ground.servers, count, round, ground.folder)?);
        copies.push(peers.run(Peer::Copy, &ground.servers, count, round, ground.folder)?);
    }
    report.keep("aggregate, exactly once", &ours);
    report.keep("quixstreams, exactly once", &quix);
    report.keep("confluent-kafka, copying in transactions", &copies);
    let (our, quix, copy) = (
        median(&ours, rate),
        median(&quix, rate),
        median(&copies, rate),
    );
    report.add(
        "aggregate, exactly once: records a second".to_owned(),
        our,
        None,
    );
    report.add(
        "quixstreams 3.28, exactly once, counts by author and brand".to_owned(),
        quix,
        None,
    );
    report.add(
        "confluent-kafka, copying in transactions".to_owned(),
        copy,
        None,
    );
    report.add(
        "aggregate / quixstreams".to_owned(),
        our / quix,
        Some(Bound::AtLeast(5.0)),
    );
    report.add(
        "aggregate / copying loop".to_owned(),
        our / copy,
        Some(Bound::AtLeast(2.0)),
    );
    Ok(())
}

fn cost(ground: &Ground<'_>, report: &mut Report) -> Outcome<()> {
    let count = ground.args.mentions;
    let (mut once, mut least) = (Vec::new(), Vec::new());
    for round in 0..ground.args.rounds {
        let counting =
            |name: &str| ground.counting(&format!("{name}-{round}"), "load.mentions", count);
        once.push(ground.count(counting("once"))?);
        least.push(ground.count(Counting {
            exactly_once: false,
            ..counting("least")
        })?);
    }
    report.keep("exactly once", &once);
    report.keep("at least once", &least);
    let (once, least) = (median(&once, rate), median(&least, rate));
    report.add(
        format!("exactly once at {INTERVAL} ms: records a second"),
        once,
        None,
    );
    report.add(
        format!("at least once at {INTERVAL} ms: records a second"),
        least,
        None,
    );
    report.add(
        "exactly once costs, in percent".to_owned(),
        100.0 * (1.0 - once / least),
        Some(Bound::Below(15.0)),
    );
    for interval_ms in INTERVALS {
        let name = format!("every-{interval_ms}");
        let run = ground.count(Counting {
            interval_ms,
            ..ground.counting(&name, "load.mentions", count)
        })?;
        report.add(
            format!("commits every {interval_ms} ms: records a second"),
            rate(&run),
            None,
        );
        report.add(
            format!("commits every {interval_ms} ms: records a commit"),
            per(&run, "records", "commits"),
            None,
        );
    }
    Ok(())
}

/// The configuration of a hark whose log is on the broker.
fn on_kafka(ground: &Ground<'_>, prefix: &str, interval_ms: u64) -> String {
    let pepper = ground.folder.join("pepper");
    format!(
        "[authors]\npepper_file = {pepper:?}\n[log]\ntopic_prefix = {prefix:?}\n[log.kafka]\nservers = {:?}\ncommit_interval = \"{interval_ms}ms\"\n{}",
        ground.servers,
        config()
    )
}

fn latency(ground: &Ground<'_>, report: &mut Report) -> Outcome<()> {
    let texts = ground.folder.join("texts.json");
    write_texts(&texts, ground.args.texts)?;
    let folder = |name: &str, interval_ms: u64| -> Outcome<(PathBuf, String)> {
        let folder = ground.folder.join(name);
        fs::create_dir_all(&folder)?;
        let config = on_kafka(ground, name, interval_ms);
        fs::write(folder.join("hark.toml"), &config)?;
        Ok((folder, config))
    };
    let (full, _) = folder("full", INTERVAL)?;
    let job = Job::Path {
        folder: full,
        first: 0,
        count: ground.args.texts as u64,
        authors: AUTHORS,
        in_turn: false,
        texts: Some(texts.clone()),
        replay: false,
    };
    let run_full = run(&job, "the path with the model")?;
    let full = per(&run_full, "mentions", "wall_s");
    report.add(
        "the path with the model on Kafka: mentions a second".to_owned(),
        full,
        None,
    );
    for interval_ms in INTERVALS {
        let (folder, config) = folder(&format!("alerts-{interval_ms}"), interval_ms)?;
        let job = Job::Alerts {
            folder,
            texts: texts.clone(),
            rate: LOAD * full,
            seconds: ground.args.seconds,
            config,
        };
        let timed = run(
            &job,
            &format!("alerts under load, commits every {interval_ms} ms"),
        )?;
        for (name, key) in [("p50", "p50_ms"), ("p99", "p99_ms")] {
            let bound = (interval_ms == INTERVAL && name == "p99").then_some(Bound::Below(1_000.0));
            report.add(
                format!("commits every {interval_ms} ms: arrival to somebody told {name}, ms"),
                number(&timed, key),
                bound,
            );
        }
    }
    Ok(())
}

fn restore(ground: &Ground<'_>, report: &mut Report) -> Outcome<()> {
    let authors = ground.args.authors;
    ground.load("many.mentions", 1, authors, authors)?;
    let counting = ground.counting("many", "many.mentions", authors);
    ground.count(counting)?;
    let opening = |name: &str| Opening {
        counting: Counting {
            folder: ground.folder.join(name),
            ..ground.counting("many", "many.mentions", authors)
        },
    };
    let elsewhere = ground.run(KafkaJob::Open(opening("elsewhere")), "its state elsewhere")?;
    let again = ground.run(KafkaJob::Open(opening("elsewhere")), "its state once more")?;
    report.add(
        format!("restoring {authors} authors, s"),
        number(&elsewhere, "seconds"),
        Some(Bound::Below(30.0)),
    );
    report.add(
        "a restart beside its store, s".to_owned(),
        number(&again, "seconds"),
        Some(Bound::Below(3.0)),
    );
    Ok(())
}
