//! How fast texts are judged: the engine alone, and through the pool.
//!
//!     cargo run --release -p hark-classify --example speed -- [TEXTS] [ENGINES] [ROUNDS] [MODEL]
//!
//! MODEL is a folder such as `classify.model`; without it, the built-in model. Reads the airline posts of $HARK_SHARED/datasets/evaluate (default ../shared); without them it
//! says so and ends. "Alone" is each engine on its own thread with its share of the texts, sorted
//! by length and cut into batches beforehand: nothing could be faster with this engine. Rounds of
//! both take turns, so that a busy machine disturbs both alike; the median counts. Texts per
//! CPU-second tell what the code costs, texts per second also whether engines stood idle.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use hark_classify::{
    ConstantBackend, LoadedModel, MakeBackend, Metrics, Pool, PoolOptions, TokenBatch,
};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

const BATCH_TOKENS: usize = 1024;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number =
        |at: usize, default: usize| arguments.get(at).map_or(default, |n| n.parse().unwrap());
    let (count, engines, rounds) = (number(0, 1_500), number(1, 2), number(2, 3));
    let shared = std::env::var_os("HARK_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let Some(texts) = read(&shared.join("datasets/evaluate/airline/Tweets.csv"), count) else {
        println!("skipped: no airline posts in {}", shared.display());
        return;
    };
    let taxonomy = hark_model::default_taxonomy();
    let model = match arguments.get(3) {
        Some(folder) => LoadedModel::read(folder.as_ref(), &taxonomy).unwrap(),
        None => LoadedModel::built_in(&taxonomy).unwrap(),
    };
    println!(
        "{} texts, {engines} engines, batches of {BATCH_TOKENS} tokens",
        texts.len()
    );

    let (rows, rate) = timed(texts.len(), || {
        texts
            .iter()
            .map(|text| model.tokeniser.encode(text).unwrap())
            .collect::<Vec<_>>()
    });
    let tokens: usize = rows.iter().map(Vec::len).sum();
    println!(
        "tokeniser, one thread: {rate}, {:.1} tokens a text",
        tokens as f64 / rows.len() as f64
    );

    let (_, rate) = through_pool(
        &model,
        Arc::new(|| Ok(Box::new(ConstantBackend::default()))),
        engines,
        &texts,
    );
    println!("pool without a model:  {rate}");

    let one = rows
        .iter()
        .min_by_key(|row| row.len().abs_diff(tokens / rows.len()))
        .unwrap();
    let mut engine = (model.make)().unwrap();
    let lone = TokenBatch::pad([&one[..]], model.tokeniser.padding());
    let (_, rate) = timed(100, || {
        (0..100).for_each(|_| drop(engine.infer(&lone).unwrap()));
    });
    println!("one text at a time:    {rate}");

    let company = company(&model, &rows[..rows.len().min(64)]);
    println!("neighbours change a logit by at most {company:.6}");

    let (mut alone, mut pooled) = (Vec::new(), Vec::new());
    for round in 1..=rounds {
        let (_, bare) = bare(&model, engines, &rows);
        let (_, pool) = through_pool(&model, Arc::clone(&model.make), engines, &texts);
        println!("round {round}: alone {bare}; pool {pool}");
        alone.push(bare);
        pooled.push(pool);
    }
    let (alone, pooled) = (median(alone), median(pooled));
    println!("alone: {alone}\npool:  {pooled}");
    println!(
        "pool / alone: {:.1} % by the clock, {:.1} % by CPU time",
        100.0 * pooled.per_second / alone.per_second,
        100.0 * pooled.per_cpu_second / alone.per_cpu_second
    );
}

#[derive(Clone, Copy)]
struct Rate {
    per_second: f64,
    per_cpu_second: f64,
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:.0} texts/s, {:.0} a CPU-second",
            self.per_second, self.per_cpu_second
        )
    }
}

fn median(mut rates: Vec<Rate>) -> Rate {
    let middle = rates.len() / 2;
    rates.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    let per_second = rates[middle].per_second;
    rates.sort_by(|a, b| a.per_cpu_second.total_cmp(&b.per_cpu_second));
    Rate {
        per_second,
        per_cpu_second: rates[middle].per_cpu_second,
    }
}

fn timed<T>(texts: usize, work: impl FnOnce() -> T) -> (T, Rate) {
    let (started, cpu) = (Instant::now(), cpu_seconds());
    let done = work();
    let (wall, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    let rate = |seconds: f64| texts as f64 / seconds.max(1e-9);
    (
        done,
        Rate {
            per_second: rate(wall),
            per_cpu_second: rate(cpu),
        },
    )
}

/// Of this process, all threads: user and system, from Linux's /proc in ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|n| n.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

fn bare(model: &LoadedModel, engines: usize, rows: &[Vec<i32>]) -> ((), Rate) {
    let mut sorted: Vec<&[i32]> = rows.iter().map(|row| &row[..]).collect();
    sorted.sort_by_key(|row| row.len());
    let mut batches: Vec<Vec<&[i32]>> = vec![Vec::new()];
    for row in sorted {
        let last = batches.last_mut().unwrap();
        if (last.len() + 1) * row.len() > BATCH_TOKENS {
            batches.push(vec![row]);
        } else {
            last.push(row);
        }
    }
    let padding = model.tokeniser.padding();
    let batches: Vec<_> = batches
        .into_iter()
        .map(|rows| TokenBatch::pad(rows.iter().copied(), padding))
        .collect();
    // Batches of alike cost lie side by side: dealt in turn, the shares are equal.
    let made: Vec<_> = (0..engines).map(|_| (model.make)().unwrap()).collect();
    timed(rows.len(), || {
        std::thread::scope(|scope| {
            for (number, mut engine) in made.into_iter().enumerate() {
                let share = batches.iter().skip(number).step_by(engines);
                scope.spawn(move || share.for_each(|batch| drop(engine.infer(batch).unwrap())));
            }
        });
    })
}

/// The greatest difference between a text's logits alone and in a batch with all the others.
fn company(model: &LoadedModel, rows: &[Vec<i32>]) -> f32 {
    let padding = model.tokeniser.padding();
    let mut engine = (model.make)().unwrap();
    let together = TokenBatch::pad(rows.iter().map(|row| &row[..]), padding);
    let together = engine.infer(&together).unwrap();
    let mut worst = 0.0_f32;
    for (at, row) in rows.iter().enumerate() {
        let alone = engine.infer(&TokenBatch::pad([&row[..]], padding)).unwrap();
        for ((_, alone), (_, together)) in alone.heads().into_iter().zip(together.heads()) {
            let pairs = alone.row(0).iter().zip(together.row(at));
            worst = pairs.fold(worst, |worst, (a, b)| worst.max((a - b).abs()));
        }
    }
    worst
}

fn through_pool(
    model: &LoadedModel,
    make: MakeBackend,
    engines: usize,
    texts: &[String],
) -> (usize, Rate) {
    let options = PoolOptions {
        engines,
        batch_tokens: BATCH_TOKENS,
        queue: 256,
    };
    let (tokeniser, labels) = (Arc::clone(&model.tokeniser), Arc::clone(&model.labels));
    let pool = Pool::start(options, make, tokeniser, labels, Metrics::default()).unwrap();
    timed(texts.len(), || {
        pool.classify(texts)
            .unwrap()
            .iter()
            .filter(|outcome| outcome.is_ok())
            .count()
    })
}

fn read(path: &std::path::Path, count: usize) -> Option<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).ok()?;
    let column = reader
        .headers()
        .ok()?
        .iter()
        .position(|name| name == "text")?;
    let mut texts = Vec::new();
    let mut record = csv::ByteRecord::new();
    while texts.len() < count && reader.read_byte_record(&mut record).ok()? {
        texts.push(String::from_utf8_lossy(&record[column]).into_owned());
    }
    Some(texts)
}
