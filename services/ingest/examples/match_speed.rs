//! How many posts a second one core prepares, masks and matches.
//!
//! `cargo run --release -p hark-ingest --example match_speed`
//!
//! 1,000 invented brands with five clauses each against invented posts of some 150 bytes, about
//! 2 % of which name a brand; everything is drawn from a fixed seed. The targets, on one core in
//! a release build, are 50,000 posts a second matched and 40,000 prepared, language apart.
#![allow(clippy::print_stdout)]

use hark_ingest::query::{Document, Matcher, Query, QuerySet};
use hark_ingest::text::{LanguageDetector, Limits, TextFormat, mask, prepare};
use hark_model::BrandId;
use std::error::Error;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

const BRANDS: usize = 1_000;
const POSTS: usize = 20_000;
const ROUNDS: usize = 5;

/// Words that posts are made of. Some occur in queries, as they would.
const WORDS: [&str; 64] = [
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
    "hate",
    "shoes",
    "phone",
    "coffee",
    "train",
    "hotel",
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
    "bought",
    "new",
    "old",
    "broken",
    "works",
    "service",
    "store",
    "für",
    "schön",
    "être",
    "niño",
    "café",
    "😂",
    "❤️",
    "👍",
    "#monday",
    "#deal",
    "@someone",
    "https://x.example/a1b2",
    "2024-05-01",
    "19.99",
    "don't",
    "it's",
    "okay",
];

/// A small generator, so that the numbers are the same on every machine (Steele et al., 2014:
/// SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }

    fn word(&mut self) -> &'static str {
        WORDS[self.next(WORDS.len())]
    }

    /// An invented name of two to four syllables.
    fn name(&mut self) -> String {
        const SYLLABLES: [&str; 20] = [
            "ka", "ro", "zen", "vi", "lum", "or", "tex", "ni", "bra", "del", "fo", "qua", "sy",
            "mar", "to", "lex", "ven", "pi", "dro", "gal",
        ];
        (0..2 + self.next(3))
            .map(|_| SYLLABLES[self.next(SYLLABLES.len())])
            .collect()
    }
}

fn brand_query(random: &mut Random, name: &str) -> String {
    let second = random.name();
    let word = || WORDS[14 + (name.len() * 7 + name.as_bytes()[0] as usize) % 30];
    format!(
        "({name} NOT {}) OR \"{name} {}\" OR #{name} OR {name} NEAR/3 ({} OR {second}) OR \
         (@{name} OR author:{name} OR {second}{name}*) AND NOT (lang:fr OR site:{name}.example)",
        random.name(),
        second,
        word(),
    )
}

fn post(random: &mut Random, names: &[String]) -> String {
    let mut post = String::new();
    let named = random.next(50) == 0;
    let at = random.next(10);
    while post.len() < 150 {
        if named && post.split(' ').count() == at + 2 {
            let name = &names[random.next(names.len())];
            post.push_str(["", "#", "@"][random.next(3)]);
            post.push_str(&name[..1].to_uppercase());
            post.push_str(&name[1..]);
        } else {
            post.push_str(random.word());
        }
        post.push_str([" ", " ", " ", " ", ", ", ". ", "! "][random.next(7)]);
    }
    if random.next(100) == 0 {
        post.push_str("mail jane@example.com or +49 171 2345678");
    }
    post.trim_end().to_owned()
}

/// Posts a second of the fastest of some rounds.
fn rate(posts: usize, mut round: impl FnMut()) -> f64 {
    let best = (0..ROUNDS)
        .map(|_| {
            let started = Stopwatch::start();
            round();
            started.elapsed()
        })
        .min()
        .unwrap_or(Duration::MAX);
    posts as f64 / best.as_secs_f64()
}

/// Measures the time this thread spent on a core, where the system tells (Linux), so that other
/// work on the machine does not count; else the time that passed.
struct Stopwatch {
    wall: Instant,
    core: Option<u64>,
}

impl Stopwatch {
    fn start() -> Self {
        Self {
            wall: Instant::now(),
            core: nanoseconds_on_a_core(),
        }
    }

    fn elapsed(&self) -> Duration {
        match (self.core, nanoseconds_on_a_core()) {
            (Some(start), Some(end)) => Duration::from_nanos(end - start),
            _ => self.wall.elapsed(),
        }
    }
}

fn nanoseconds_on_a_core() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok()
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut random = Random(20_240_501);
    let names: Vec<String> = (0..BRANDS).map(|_| random.name()).collect();
    let mut brands = Vec::new();
    for (number, name) in names.iter().enumerate() {
        let text = brand_query(&mut random, name);
        let query = Query::parse(&text).map_err(|errors| format!("{text}: {errors:?}"))?;
        brands.push((BrandId::new(format!("{name}-{number}")), query));
    }
    let posts: Vec<String> = (0..POSTS).map(|_| post(&mut random, &names)).collect();
    let bytes: usize = posts.iter().map(String::len).sum();

    let started = Instant::now();
    let set = Arc::new(QuerySet::build(brands)?);
    println!(
        "set of {} brands built in {:.1?}",
        set.len(),
        started.elapsed()
    );
    println!("{POSTS} posts of {} bytes on average", bytes / POSTS);

    let mut matcher = Matcher::new(Arc::clone(&set));
    let document = |text| Document {
        text,
        author_handle: Some("someone"),
        author_name: None,
        url: Some("https://x.example/1"),
        language: Some("eng"),
    };
    let hits = posts
        .iter()
        .filter(|post| !matcher.matches(&document(post)).is_empty())
        .count();
    println!(
        "{:.1} % of the posts mention a brand",
        100.0 * hits as f64 / POSTS as f64
    );

    let matched = rate(POSTS, || {
        for post in &posts {
            black_box(matcher.matches(&document(post)));
        }
    });
    println!("match:               {matched:>10.0} posts/s");
    let masked = rate(POSTS, || {
        for post in &posts {
            black_box(mask(post));
        }
    });
    println!("mask:                {masked:>10.0} posts/s");
    let limits = Limits::default();
    let prepared = rate(POSTS, || {
        for post in &posts {
            black_box(prepare(post, TextFormat::Plain, &limits));
        }
    });
    println!("prepare and mask:    {prepared:>10.0} posts/s");
    let html: Vec<String> = posts
        .iter()
        .map(|post| format!("<p>{post} <a href=\"x\">link</a></p>"))
        .collect();
    let from_html = rate(POSTS, || {
        for post in &html {
            black_box(prepare(post, TextFormat::Html, &limits));
        }
    });
    println!("the same from HTML:  {from_html:>10.0} posts/s");
    let config = hark_ingest::Config::default();
    let languages = LanguageDetector::new(config.languages.iter().map(String::as_str));
    let detected = rate(POSTS / 10, || {
        for post in &posts[..POSTS / 10] {
            black_box(languages.detect(post));
        }
    });
    println!("language:            {detected:>10.0} posts/s");
    Ok(())
}
