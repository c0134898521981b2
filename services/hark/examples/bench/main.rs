//! How fast the whole path is, what it costs, and how soon people are told.
//!
//! `cargo xtask bench` builds and runs this; `--help` lists what can be changed. Each measurement
//! is a process of its own, so that its peak memory is its own. Rounds take turns, so that a busy
//! machine disturbs all alike; medians count. Nothing here is drawn without a fixed seed.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "it talks to a developer's terminal"
)]

mod kafka;

use axum::extract::State;
use axum::http::StatusCode;
use clap::{Parser, Subcommand};
use hark::bench::{Rig, Times};
use hark_classify::{LoadedModel, Metrics, Pool, PoolOptions, TokenBatch};
use hark_ingest::query::{Document, Matcher, Query, QuerySet};
use hark_ingest::text::{Limits, TextFormat, prepare};
use hark_ingest::{Cursor, Delivery, Intake, RawAuthor, RawEvent, RawItem, Source, SourceError};
use hark_model::{BrandId, SourceId, Timestamp, default_taxonomy};
use hdrhistogram::Histogram;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::error::Error;
use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The ten brands: the six of the airline posts and the four of the demo, so that one
/// configuration fits whatever texts there are.
const BRANDS: [(&str, &str); 10] = [
    ("virgin-america", "virginamerica"),
    ("united", "united"),
    ("southwest", "southwestair"),
    ("jetblue", "jetblue"),
    ("us-airways", "usairways"),
    ("american", "americanair"),
    ("brightcart", "brightcart"),
    ("fennelway", "fennelway"),
    ("korbly", "korbly"),
    ("marrow-pine", "marrowandpine"),
];
/// Mentions that alert at once, by the reference configuration's rule `safety`.
const SAFETY: [&str; 4] = [
    "the seat caught fire and nobody came, terrible and unsafe, never again",
    "my daughter was injured by your broken door and your staff did nothing, disgusting",
    "I got food poisoning from your awful meal and you ignore me, worst company ever",
    "horrible service, I was injured and ended up in hospital because of you",
];
/// Of a hundred mentions, those that are about safety.
const SAFETY_PERCENT: f64 = 1.0;
/// The load under which alerts are timed, as a share of full load.
const LOAD: f64 = 0.7;
/// Events in one delivery of a source that is never idle.
const DELIVERY: usize = 256;
/// What is waited for alerts after the last mention was due.
const GRACE: Duration = Duration::from_secs(20);

/// Measures hark.
#[derive(Debug, Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct Args {
    /// Measure something else.
    #[command(subcommand)]
    other: Option<Other>,
    /// Print one JSON document; the table then goes to standard error.
    #[arg(long)]
    json: bool,
    /// A Python with torch (and transformers): measures its pipeline on the same weights.
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// The program that measures brand matching.
    #[arg(long, value_name = "PATH", hide = true)]
    match_speed: Option<PathBuf>,
    /// Mentions sent down the path without a model, each round.
    #[arg(long, default_value_t = 200_000)]
    mentions: u64,
    /// Authors known before.
    #[arg(long, default_value_t = 250_000)]
    authors: u64,
    /// Texts judged by the model, each round.
    #[arg(long, default_value_t = 5_000)]
    texts: usize,
    /// Rounds, of which the median counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// For how many seconds alerts are timed.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Only these parts.
    #[arg(long, value_delimiter = ',', default_values_t = ["path", "model", "python", "alerts", "match"].map(str::to_owned))]
    only: Vec<String>,
    /// One measurement, as this program hands it to itself.
    #[arg(long, hide = true)]
    job: Option<String>,
}

/// What else can be measured.
#[derive(Debug, Subcommand)]
enum Other {
    /// The log on Kafka, on a broker that is started for it, beside others on the same broker.
    Kafka(kafka::KafkaArgs),
}

/// One measurement in a process of its own.
#[derive(Debug, Serialize, Deserialize)]
enum Job {
    /// Items through the whole path on a data folder.
    Path {
        folder: PathBuf,
        /// The number of the first item; decides what is drawn.
        first: u64,
        count: u64,
        authors: u64,
        /// Every author writes once, in turn; else they are drawn.
        in_turn: bool,
        /// Real texts for the real model; without, invented ones and a model that costs nothing.
        texts: Option<PathBuf>,
        /// Events move time, as in an import; else the clock.
        replay: bool,
    },
    /// The same texts through the engines alone.
    Bare { texts: PathBuf, batch_tokens: usize },
    /// Alerts under load.
    Alerts {
        folder: PathBuf,
        texts: PathBuf,
        rate: f64,
        seconds: u64,
        config: String,
    },
    /// On Kafka.
    Kafka(kafka::KafkaJob),
}

fn main() -> ExitCode {
    let args = Args::parse();
    let done = match &args.job {
        Some(job) => work(job).map(|result| println!("{result}")),
        None => measure(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn work(job: &str) -> Outcome<Value> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    match serde_json::from_str(job)? {
        Job::Bare {
            texts,
            batch_tokens,
        } => bare(&read_texts(&texts)?, batch_tokens),
        Job::Path {
            folder,
            first,
            count,
            authors,
            in_turn,
            texts,
            replay,
        } => {
            let texts = texts.map(|path| read_texts(&path)).transpose()?;
            let model = model(texts.is_some())?;
            let items = Items {
                first,
                authors,
                in_turn,
                texts,
                replay,
            };
            runtime.block_on(path(&folder, items, count, model))
        }
        Job::Alerts {
            folder,
            texts,
            rate,
            seconds,
            config,
        } => {
            let arrivals = Arrivals::new(read_texts(&texts)?, rate, seconds);
            runtime.block_on(alerts(&folder, arrivals, &config))
        }
        Job::Kafka(job) => job.work(),
    }
}

// ------------------------------------------------------------------------------------------------
// The whole path

fn model(real: bool) -> Outcome<LoadedModel> {
    let taxonomy = default_taxonomy();
    Ok(match real {
        true => LoadedModel::built_in(&taxonomy)?,
        false => LoadedModel::constant(&taxonomy)?,
    })
}

async fn path(folder: &Path, items: Items, count: u64, model: LoadedModel) -> Outcome<Value> {
    let mut rig = Rig::open(&folder.join("hark.toml"), &folder.join("data"))?;
    let before = rig.mentions_end()?;
    let source = Flood {
        id: SourceId::new("bench"),
        items,
        count,
    };
    let replay = source.items.replay;
    let cpu = cpu_seconds();
    let times = rig.through(Box::new(source), model, replay).await?;
    let cpu = cpu_seconds() - cpu;
    let mentions = rig.mentions_since(before)?;
    if mentions != count {
        return Err(format!("{count} items became {mentions} mentions").into());
    }
    let Times {
        ingested,
        judged,
        counted,
    } = times;
    Ok(json!({
        "mentions": mentions,
        "ingested_s": ingested.as_secs_f64(),
        "judged_s": judged.as_secs_f64(),
        "wall_s": counted.as_secs_f64(),
        "cpu_s": cpu,
        "peak_mib": peak_mib(),
    }))
}

/// Items by their number: the same number is the same item.
struct Items {
    first: u64,
    authors: u64,
    in_turn: bool,
    texts: Option<Vec<String>>,
    replay: bool,
}

impl Items {
    fn item(&self, number: u64) -> RawItem {
        let mut random = ChaCha8Rng::seed_from_u64(self.first + number);
        let author = match self.in_turn {
            true => number % self.authors,
            false => random.random_range(0..self.authors),
        };
        let text = match &self.texts {
            Some(texts) => texts[number as usize % texts.len()].clone(),
            None => invented(&mut random),
        };
        let now = Timestamp::from_millis(unix_millis());
        // In a replay fifty items a second of event time.
        let created = match self.replay {
            true => Timestamp::from_millis(1_704_067_200_000 + (self.first + number) as i64 * 20),
            false => now,
        };
        raw_item(format!("i{}", self.first + number), author, text, created)
    }
}

fn raw_item(native_id: String, author: u64, text: String, created_at: Timestamp) -> RawItem {
    RawItem {
        url: Some(format!("https://posts.example/{native_id}")),
        author: Some(RawAuthor {
            id: format!("did:plc:author{author:016}"),
            handle: Some(format!("author{author}.posts.example")),
            followers: Some(author * 7_919 % 9_000),
        }),
        ..RawItem::new(native_id, text, created_at)
    }
}

/// A post of some 120 bytes about one brand, hardly ever twice the same.
fn invented(random: &mut ChaCha8Rng) -> String {
    const WORDS: [&str; 40] = [
        "the",
        "a",
        "my",
        "this",
        "was",
        "is",
        "not",
        "really",
        "so",
        "today",
        "again",
        "with",
        "from",
        "they",
        "delivery",
        "order",
        "late",
        "refund",
        "price",
        "great",
        "terrible",
        "love",
        "staff",
        "queue",
        "app",
        "crashed",
        "support",
        "waited",
        "hours",
        "minutes",
        "friend",
        "recommended",
        "never",
        "buy",
        "new",
        "broken",
        "works",
        "😂",
        "don't",
        "okay",
    ];
    let (_, handle) = BRANDS[random.random_range(0..BRANDS.len())];
    let mut text = format!("@{handle}");
    let long = random.random_range(60..180);
    while text.len() < long {
        text.push_str([" ", " ", " ", ", ", ". "][random.random_range(0..5)]);
        text.push_str(WORDS[random.random_range(0..WORDS.len())]);
    }
    text
}

/// A source that always has more, up to its end.
struct Flood {
    id: SourceId,
    items: Items,
    count: u64,
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + 'a>>;

impl Source for Flood {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn run<'a>(
        &'a mut self,
        intake: &'a Intake,
        _cursor: Option<Cursor>,
        _stop: CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            let mut next = 0;
            while next < self.count {
                let end = (next + DELIVERY as u64).min(self.count);
                let event = |number| RawEvent::Upsert(Box::new(self.items.item(number)));
                let events = (next..end).map(event).collect();
                if intake
                    .deliver(Delivery {
                        events,
                        cursor: None,
                    })
                    .await
                    .is_err()
                {
                    return Ok(());
                }
                next = end;
            }
            Ok(())
        })
    }
}

// ------------------------------------------------------------------------------------------------
// The engines alone

/// Engines on texts whose tokens are sorted by length and cut into batches beforehand (nothing
/// could be faster), and through the pool that queues for them.
fn bare(texts: &[String], batch_tokens: usize) -> Outcome<Value> {
    let model = model(true)?;
    let engines = hark_classify::Config::default().engine_count();
    let mut rows = Vec::with_capacity(texts.len());
    for text in texts {
        rows.push(model.tokeniser.encode(text)?);
    }
    rows.sort_by_key(Vec::len);
    let mut groups: Vec<Vec<&[i32]>> = Vec::new();
    for row in &rows {
        match groups.last_mut() {
            Some(group) if (group.len() + 1) * row.len() <= batch_tokens => group.push(row),
            _ => groups.push(vec![row]),
        }
    }
    let padding = model.tokeniser.padding();
    let batches: Vec<TokenBatch> = groups
        .iter()
        .map(|rows| TokenBatch::pad(rows.iter().copied(), padding))
        .collect();
    // Batches of alike cost lie side by side: dealt in turn, the shares are equal.
    let mut made = Vec::new();
    for _ in 0..engines {
        made.push((model.make)()?);
    }
    let (started, cpu) = (Instant::now(), cpu_seconds());
    std::thread::scope(|scope| {
        let batches = &batches;
        let threads: Vec<_> = made
            .into_iter()
            .enumerate()
            .map(|(number, mut engine)| {
                scope.spawn(move || {
                    let mut share = batches.iter().skip(number).step_by(engines);
                    share.try_for_each(|batch| engine.infer(batch).map(drop))
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| match thread.join() {
                Ok(done) => done.map_err(|error| error.to_string()),
                Err(_) => Err("an engine panicked".to_owned()),
            })
    })?;
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);

    let options = PoolOptions {
        engines,
        batch_tokens,
        queue: 256,
    };
    let (tokeniser, labels) = (Arc::clone(&model.tokeniser), Arc::clone(&model.labels));
    let pool = Pool::start(options, model.make, tokeniser, labels, Metrics::default())?;
    let (started, pool_cpu) = (Instant::now(), cpu_seconds());
    pool.classify(texts)?;
    Ok(json!({
        "texts": texts.len(),
        "engines": engines,
        "wall_s": wall,
        "cpu_s": cpu,
        "pool_wall_s": started.elapsed().as_secs_f64(),
        "pool_cpu_s": cpu_seconds() - pool_cpu,
    }))
}

// ------------------------------------------------------------------------------------------------
// From arrival to alert

/// Mentions that come when they are due, however hark is doing (Poisson arrivals): a mention that
/// had to wait for its turn has waited since then.
struct Arrivals {
    id: SourceId,
    /// When each is due after the start, with its text; a safety mention's number.
    due: Vec<(Duration, String, Option<usize>)>,
    watch: Arc<Watch>,
}

/// When each safety mention was due, and when somebody was told.
struct Watch {
    started: Mutex<Option<Instant>>,
    due: Vec<Duration>,
    told: Mutex<Vec<Option<Instant>>>,
    all_told: Notify,
}

impl Arrivals {
    fn new(texts: Vec<String>, rate: f64, seconds: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(20_261_123);
        let (mut at, mut due, mut watched) = (0.0, Vec::new(), Vec::new());
        loop {
            at += -(1.0 - random.random::<f64>()).ln() / rate;
            if at > seconds as f64 {
                break;
            }
            let when = Duration::from_secs_f64(at);
            if random.random_bool(SAFETY_PERCENT / 100.0) {
                let (_, handle) = BRANDS[random.random_range(0..6)];
                let said = SAFETY[random.random_range(0..SAFETY.len())];
                due.push((when, format!("@{handle} {said}"), Some(watched.len())));
                watched.push(when);
            } else {
                due.push((when, texts[due.len() % texts.len()].clone(), None));
            }
        }
        let watch = Watch {
            started: Mutex::new(None),
            told: Mutex::new(vec![None; watched.len()]),
            due: watched,
            all_told: Notify::new(),
        };
        Self {
            id: SourceId::new("bench"),
            due,
            watch: Arc::new(watch),
        }
    }

    fn event(&self, number: usize) -> RawEvent {
        let (_, text, watched) = &self.due[number];
        let id = match watched {
            Some(watched) => format!("safety-{watched}-"),
            None => format!("a{number}"),
        };
        let now = Timestamp::from_millis(unix_millis());
        RawEvent::Upsert(Box::new(raw_item(
            id,
            number as u64 * 31 % 250_000,
            text.clone(),
            now,
        )))
    }
}

impl Source for Arrivals {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn run<'a>(
        &'a mut self,
        intake: &'a Intake,
        _cursor: Option<Cursor>,
        _stop: CancellationToken,
    ) -> Running<'a> {
        Box::pin(async move {
            // The engines and the webhook's connection are warm before the first is due.
            let started = Instant::now() + Duration::from_millis(500);
            *locked(&self.watch.started) = Some(started);
            let mut next = 0;
            while next < self.due.len() {
                tokio::time::sleep_until((started + self.due[next].0).into()).await;
                let ready = self.due[next..]
                    .iter()
                    .take_while(|(due, ..)| *due <= started.elapsed());
                let end = next + ready.count().max(1);
                let events = (next..end).map(|number| self.event(number)).collect();
                if intake
                    .deliver(Delivery {
                        events,
                        cursor: None,
                    })
                    .await
                    .is_err()
                {
                    return Ok(());
                }
                next = end;
            }
            Ok(())
        })
    }
}

impl Watch {
    /// What a receiver of webhooks notes.
    fn told(&self, body: &str) {
        let now = Instant::now();
        let Some(number) = body
            .split_once("safety-")
            .and_then(|(_, rest)| rest.split_once('-'))
            .and_then(|(number, _)| number.parse::<usize>().ok())
        else {
            return;
        };
        let mut told = locked(&self.told);
        if let Some(first) = told.get_mut(number) {
            first.get_or_insert(now);
        }
        if told.iter().all(Option::is_some) {
            self.all_told.notify_one();
        }
    }
}

async fn alerts(folder: &Path, arrivals: Arrivals, config: &str) -> Outcome<Value> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let watch = Arc::clone(&arrivals.watch);
    let router = axum::Router::new()
        .fallback(|State(watch): State<Arc<Watch>>, body: String| async move {
            watch.told(&body);
            StatusCode::NO_CONTENT
        })
        .with_state(Arc::clone(&watch));
    tokio::spawn(axum::serve(listener, router).into_future());

    let secret = folder.join("secret");
    fs::write(&secret, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
    let config = format!(
        "{config}[[webhook]]\nid = \"bench\"\nurl = \"http://{address}/\"\nsecret_file = {secret:?}\n"
    );
    fs::write(folder.join("alerts.toml"), config)?;
    let mut rig = Rig::open(&folder.join("alerts.toml"), &folder.join("alerts"))?;
    let count = arrivals.due.len();
    let last = arrivals.due.last().map_or(Duration::ZERO, |(due, ..)| *due);
    let cpu = cpu_seconds();
    let told = async {
        // Over when all are told, or nobody will be any more.
        let _ = tokio::time::timeout(GRACE, watch.all_told.notified()).await;
    };
    rig.listen(Box::new(arrivals), model(true)?, told).await?;

    let mut latencies = Histogram::<u64>::new(3)?;
    let started = locked(&watch.started).ok_or("the source never started")?;
    let told = locked(&watch.told);
    for (due, told) in watch.due.iter().zip(told.iter()) {
        if let Some(told) = told {
            let late = told.saturating_duration_since(started + *due);
            latencies.record(u64::try_from(late.as_micros())?)?;
        }
    }
    let at = |quantile| latencies.value_at_quantile(quantile) as f64 / 1_000.0;
    Ok(json!({
        "mentions": count,
        "mentions_per_s": count as f64 / last.as_secs_f64(),
        "safety": watch.due.len(),
        "told": latencies.len(),
        "p50_ms": at(0.5),
        "p99_ms": at(0.99),
        "p999_ms": at(0.999),
        "max_ms": latencies.max() as f64 / 1_000.0,
        "cpu_s": cpu_seconds() - cpu,
        "peak_mib": peak_mib(),
    }))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

// ------------------------------------------------------------------------------------------------
// All of it

fn measure(args: &Args) -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    let load_before = load_average();
    let mut report = Report::default();
    let texts = folder.path().join("texts.json");
    let origin = write_texts(&texts, args.texts)?;

    if let Some(Other::Kafka(kafka)) = &args.other {
        kafka::measure(kafka, folder.path(), &mut report)?;
    } else {
        everything(args, folder.path(), &texts, &mut report)?;
    }

    let machine = json!({
        "processor": processor(),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "load_before": load_before,
        "load_after": load_average(),
        "texts": origin,
        "folder": folder.path(),
        "debug_build": cfg!(debug_assertions),
    });
    let table = report.table(&machine);
    if args.json {
        eprintln!("{table}");
        let document = json!({"machine": machine, "results": report.results, "runs": report.runs});
        println!("{}", serde_json::to_string_pretty(&document)?);
    } else {
        println!("{table}");
    }
    Ok(())
}

fn everything(args: &Args, folder: &Path, texts: &Path, report: &mut Report) -> Outcome<()> {
    let wanted = |part: &str| args.only.iter().any(|only| only == part);
    if wanted("path") {
        without_a_model(args, folder, report)?;
    }
    let mut full = None;
    if wanted("model") || wanted("alerts") || wanted("python") {
        full = Some(with_the_model(args, folder, texts, report)?);
    }
    if let (Some(full), true) = (full, wanted("alerts")) {
        let data = subfolder(folder, "live")?;
        let rate = LOAD * full;
        let job = Job::Alerts {
            folder: data,
            texts: texts.to_owned(),
            rate,
            seconds: args.seconds,
            config: config(),
        };
        report.alerts(&run(&job, "alerts under load")?);
    }
    if wanted("match") {
        match &args.match_speed {
            Some(program) => report.matching(program)?,
            None => report.skip("brand matching", "--match-speed not given"),
        }
    }
    Ok(())
}

fn without_a_model(args: &Args, folder: &Path, report: &mut Report) -> Outcome<()> {
    let mut round = 0;
    for replay in [false, true] {
        let what = if replay { "replay" } else { "live" };
        let data = subfolder(folder, what)?;
        let job = |first, count, in_turn| Job::Path {
            folder: data.clone(),
            first,
            count,
            authors: args.authors,
            in_turn,
            texts: None,
            replay,
        };
        run(
            &job(0, args.authors, true),
            &format!("{what}: {} authors", args.authors),
        )?;
        let mut runs = Vec::new();
        for _ in 0..args.rounds {
            let first = args.authors + round * args.mentions;
            runs.push(run(
                &job(first, args.mentions, false),
                &format!("{what}: without a model"),
            )?);
            round += 1;
        }
        report.path_without_model(what, &runs);
    }
    Ok(())
}

/// Returns the mentions a second under full load.
fn with_the_model(args: &Args, folder: &Path, texts: &Path, report: &mut Report) -> Outcome<f64> {
    let count = read_texts(texts)?.len() as u64;
    let data = subfolder(folder, "model")?;
    let (mut alone, mut paths, mut pythons) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..args.rounds as u64 {
        alone.push(run(
            &Job::Bare {
                texts: texts.to_owned(),
                batch_tokens: hark_classify::Config::default().batch_tokens,
            },
            "the engines alone",
        )?);
        let job = Job::Path {
            folder: data.clone(),
            first: round * count,
            count,
            authors: args.authors,
            in_turn: false,
            texts: Some(texts.to_owned()),
            replay: false,
        };
        paths.push(run(&job, "the path with the model")?);
        if let (Some(python), true) = (&args.python, args.only.iter().any(|only| only == "python"))
        {
            let script =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("../../training/bench_baseline.py");
            let mut command = Command::new(python);
            command.arg(script).arg("--texts").arg(texts);
            pythons.push(answer(&mut command, "the pipeline in Python")?);
        }
    }
    let full = report.path_with_model(&alone, &paths);
    if pythons.is_empty() {
        report.skip(
            "the path against a pipeline in Python",
            "--python not given",
        );
    } else {
        report.python(&paths, &pythons);
    }
    Ok(full)
}

fn subfolder(folder: &Path, name: &str) -> Outcome<PathBuf> {
    let folder = folder.join(name);
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("hark.toml"), config())?;
    Ok(folder)
}

/// Ten brands, all else as it is by default.
fn config() -> String {
    let mut text = String::new();
    for (id, handle) in BRANDS {
        let query = format!("@{handle} OR #{handle} OR ({handle} NEAR/8 (flight OR order OR app))");
        text += &format!("[[brand]]\nid = {id:?}\nquery = '{query}'\n");
    }
    text
}

fn run(job: &Job, what: &str) -> Outcome<Value> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--job").arg(serde_json::to_string(job)?);
    answer(&mut command, what)
}

/// What a program printed in JSON.
fn answer(command: &mut Command, what: &str) -> Outcome<Value> {
    eprintln!("bench: {what} …");
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err(format!("{what}: {}", output.status).into());
    }
    let value = serde_json::from_slice(&output.stdout)?;
    eprintln!("bench:   {value}");
    Ok(value)
}

#[derive(Default)]
struct Report {
    results: Vec<Value>,
    runs: Vec<Value>,
}

impl Report {
    fn path_without_model(&mut self, what: &str, runs: &[Value]) {
        let wall = median(runs, |run| per(run, "mentions", "wall_s"));
        let cpu = median(runs, |run| 1_000.0 * per(run, "cpu_s", "mentions"));
        let peak = median(runs, |run| number(run, "peak_mib"));
        // Live is how hark runs, and what the target is about.
        let target = |bound| (what == "live").then_some(bound);
        let name = |of: &str| format!("path without a model, {what}: {of}");
        self.add(name("mentions/s"), wall, target(Bound::AtLeast(10_000.0)));
        self.add(name("CPU-ms a mention"), cpu, None);
        self.add(name("mentions a CPU-second"), 1_000.0 / cpu, None);
        self.add(name("peak memory, MiB"), peak, target(Bound::Below(300.0)));
        self.keep(&format!("path, {what}"), runs);
    }

    fn path_with_model(&mut self, alone: &[Value], paths: &[Value]) -> f64 {
        let engines = median(alone, |run| per(run, "texts", "wall_s"));
        let pool = median(alone, |run| per(run, "texts", "pool_wall_s"));
        let full = median(paths, |run| per(run, "mentions", "wall_s"));
        let engine_cpu = median(alone, |run| 1_000.0 * per(run, "cpu_s", "texts"));
        let path_cpu = median(paths, |run| 1_000.0 * per(run, "cpu_s", "mentions"));
        // Each path against the engines of its own round, which met the same machine.
        let ratio = median_of(
            alone
                .iter()
                .zip(paths)
                .map(|(a, p)| per(a, "wall_s", "texts") / per(p, "wall_s", "mentions")),
        );
        self.add("engines alone: texts/s".to_owned(), engines, None);
        self.add("pool alone: texts/s".to_owned(), pool, None);
        self.add("path with the model: mentions/s".to_owned(), full, None);
        self.add(
            "path / engines, by the clock".to_owned(),
            ratio,
            Some(Bound::AtLeast(0.85)),
        );
        self.add(
            "path / engines, by CPU time".to_owned(),
            engine_cpu / path_cpu,
            None,
        );
        self.add("engines alone: CPU-ms a text".to_owned(), engine_cpu, None);
        self.add(
            "path with the model: CPU-ms a mention".to_owned(),
            path_cpu,
            None,
        );
        let peak = median(paths, |run| number(run, "peak_mib"));
        self.add(
            "path with the model: peak memory, MiB".to_owned(),
            peak,
            None,
        );
        self.keep("engines", alone);
        self.keep("path with the model", paths);
        full
    }

    fn python(&mut self, paths: &[Value], pythons: &[Value]) {
        let how = pythons[0]["how"].as_str().unwrap_or("?").to_owned();
        let rate = median(pythons, |run| per(run, "texts", "wall_s"));
        let pairs = || paths.iter().zip(pythons);
        let wall = pairs().map(|(a, p)| per(a, "mentions", "wall_s") / per(p, "texts", "wall_s"));
        let cpu = pairs().map(|(a, p)| per(a, "mentions", "cpu_s") / per(p, "texts", "cpu_s"));
        let (wall, cpu) = (median_of(wall), median_of(cpu));
        self.add(format!("{how}: texts/s"), rate, None);
        self.add(
            "path / Python, by the clock".to_owned(),
            wall,
            Some(Bound::AtLeast(4.0)),
        );
        self.add("path / Python, by CPU time".to_owned(), cpu, None);
        self.keep("python", pythons);
    }

    fn alerts(&mut self, run: &Value) {
        let at = number(run, "mentions_per_s");
        let name = |of: &str| format!("arrival to alert at {at:.0} mentions/s: {of}");
        self.add(
            name("told / safety mentions"),
            per(run, "told", "safety"),
            Some(Bound::AtLeast(1.0)),
        );
        self.add(name("p50, ms"), number(run, "p50_ms"), None);
        self.add(
            name("p99, ms"),
            number(run, "p99_ms"),
            Some(Bound::Below(500.0)),
        );
        self.add(name("p99.9, ms"), number(run, "p999_ms"), None);
        self.keep("alerts", std::slice::from_ref(run));
    }

    fn matching(&mut self, program: &Path) -> Outcome<()> {
        eprintln!("bench: brand matching …");
        let output = Command::new(program).stderr(Stdio::inherit()).output()?;
        let printed = String::from_utf8(output.stdout)?;
        let rate = |of: &str| -> Option<f64> {
            let line = printed.lines().find_map(|line| line.strip_prefix(of))?;
            line.split_whitespace().next()?.parse().ok()
        };
        let missing = || format!("{} printed no rate:\n{printed}", program.display());
        let matched = rate("match:").ok_or_else(missing)?;
        let prepared = rate("prepare and mask:").ok_or_else(missing)?;
        let of = "1,000 brands × 5 clauses: posts/s a core".to_owned();
        self.add(of, matched, Some(Bound::AtLeast(50_000.0)));
        self.add(
            "prepare and mask: posts/s a core".to_owned(),
            prepared,
            Some(Bound::AtLeast(40_000.0)),
        );
        Ok(())
    }

    fn add(&mut self, name: String, value: f64, target: Option<Bound>) {
        let holds = target.map(|bound| bound.holds(value));
        let target = target.map(Bound::text);
        self.results
            .push(json!({"name": name, "value": value, "target": target, "holds": holds}));
    }

    fn skip(&mut self, name: &str, why: &str) {
        self.results.push(json!({"name": name, "skipped": why}));
    }

    fn keep(&mut self, name: &str, runs: &[Value]) {
        self.runs.push(json!({"name": name, "runs": runs}));
    }

    fn table(&self, machine: &Value) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(comfy_table::presets::UTF8_HORIZONTAL_ONLY);
        table.set_header(["measured", "", "target", ""]);
        for result in &self.results {
            let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
            let value = result["value"]
                .as_f64()
                .map_or_else(|| text("skipped"), shown);
            let verdict = match result["holds"].as_bool() {
                Some(true) => "holds",
                Some(false) => "MISSED",
                None => "",
            };
            table.add_row([text("name"), value, text("target"), verdict.to_owned()]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(comfy_table::CellAlignment::Right);
        }
        let text = |key: &str| machine[key].as_str().unwrap_or_default();
        format!(
            "{table}\n{}, {} cores; load average {} before, {} after{}\n\
             Medians of the rounds. The load average counts this run too; on a busy machine trust \
             ratios and CPU time, not the clock.\nTexts: {}",
            text("processor"),
            machine["cores"],
            text("load_before"),
            text("load_after"),
            if cfg!(debug_assertions) {
                "; NOT a release build"
            } else {
                ""
            },
            text("texts"),
        )
    }
}

#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    Below(f64),
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::Below(bound) => value < bound,
        }
    }

    fn text(self) -> String {
        match self {
            Self::AtLeast(bound) => format!("≥ {}", shown(bound)),
            Self::Below(bound) => format!("< {}", shown(bound)),
        }
    }
}

fn shown(value: f64) -> String {
    if value >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    }
}

fn number(run: &Value, key: &str) -> f64 {
    run[key].as_f64().unwrap_or(f64::NAN)
}

fn per(run: &Value, of: &str, by: &str) -> f64 {
    number(run, of) / number(run, by)
}

fn median(runs: &[Value], of: impl Fn(&Value) -> f64) -> f64 {
    median_of(runs.iter().map(of))
}

fn median_of(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

// ------------------------------------------------------------------------------------------------
// Texts, and the machine

fn read_texts(path: &Path) -> Outcome<Vec<String>> {
    Ok(serde_json::from_slice(&fs::read(path)?)?)
}

/// Writes texts that each name one brand, none twice, in their order, and says whose they are.
/// Masked as ingest masks them, so that path, engines and Python read the very same.
fn write_texts(path: &Path, count: usize) -> Outcome<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared =
        std::env::var_os("HARK_SHARED").map_or_else(|| here.join("../../../shared"), PathBuf::from);
    let airline = shared.join("datasets/evaluate/airline/Tweets.csv");
    let (all, origin) = match airline_texts(&airline) {
        Some(texts) => (texts, "posts about airlines"),
        None => (
            demo_texts(&here.join("demo/posts.jsonl"))?,
            "the demo's posts (no data sets in HARK_SHARED)",
        ),
    };
    let mut matcher = matcher()?;
    let mut known = HashSet::new();
    let mut texts = Vec::new();
    for text in all {
        let text = prepare(&text, TextFormat::Plain, &Limits::default()).text;
        let document = Document {
            text: &text,
            author_handle: None,
            author_name: None,
            url: None,
            language: None,
        };
        if texts.len() < count
            && matcher.matches(&document).len() == 1
            && known.insert(text.to_string())
        {
            texts.push(text.to_string());
        }
    }
    fs::write(path, serde_json::to_vec(&texts)?)?;
    Ok(format!("{} {origin}", texts.len()))
}

fn matcher() -> Outcome<Matcher> {
    let parsed: toml::Table = config().parse()?;
    let mut brands = Vec::new();
    for brand in parsed["brand"].as_array().into_iter().flatten() {
        let of = |key: &str| brand[key].as_str().unwrap_or_default();
        let query = Query::parse(of("query")).map_err(|errors| format!("{errors:?}"))?;
        brands.push((BrandId::new(of("id")), query));
    }
    Ok(Matcher::new(Arc::new(QuerySet::build(brands)?)))
}

fn airline_texts(path: &Path) -> Option<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).ok()?;
    let column = reader
        .headers()
        .ok()?
        .iter()
        .position(|name| name == "text")?;
    let texts = reader
        .byte_records()
        .map(|record| record.map(|record| String::from_utf8_lossy(&record[column]).into_owned()));
    texts.collect::<Result<_, _>>().ok()
}

fn demo_texts(path: &Path) -> Outcome<Vec<String>> {
    let posts = fs::read_to_string(path)?;
    let text = |line: &str| -> Outcome<String> {
        let post: Value = serde_json::from_str(line)?;
        Ok(post["text"].as_str().unwrap_or_default().to_owned())
    };
    posts.lines().map(text).collect()
}

fn unix_millis() -> i64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

/// Of this process, all threads, user and system: Linux's /proc in ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / 100.0
}

/// The most memory this process ever held.
fn peak_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1_024.0
}

fn load_average() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace()
        .next()
        .unwrap_or("unknown")
        .to_owned()
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info
        .lines()
        .find_map(|line| line.strip_prefix("model name"));
    name.map_or("unknown processor", |name| {
        name.trim_start_matches([' ', '\t', ':'])
    })
    .to_owned()
}
