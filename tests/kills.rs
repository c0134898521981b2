//! kill -9, again and again.

use crate::support::{Folder, QUICK, REVIEWS, brands, works_until};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SEED: u64 = 20_260_301;
const ROWS: u32 = 600;
const KILLS: u32 = 25;

/// Many commits, so that there are many moments to be killed at.
const SMALL_STEPS: &str = "[ingest]\nqueue = 64\n[classify]\nqueue = 16\n";
const BRANDS: [&str; 3] = ["acme", "globex", "initech"];
const OPENINGS: [&str; 8] = [
    "Today",
    "Honestly,",
    "So",
    "Third time now:",
    "My sister says",
    "Well,",
    "Again",
    "Update:",
];
const THINGS: [&str; 8] = [
    "delivery",
    "support desk",
    "app",
    "salad",
    "price",
    "courier",
    "refund",
    "shop",
];
const JUDGEMENTS: [&str; 10] = [
    "was wonderful, thank you",
    "is a disgrace",
    "opens at nine",
    "made me furious",
    "left me in the hospital, I will sue",
    "is fine",
    "cost me a whole day, I am leaving",
    "was kind and quick",
    "never answers",
    "has moved to Mill Street",
];

/// Reviews of about ten hours, in no order; some are there twice, some are edited and given to
/// somebody else, some unusable.
fn reviews() -> String {
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut csv = "id,who,created,text,stars\n".to_owned();
    for row in 0..ROWS {
        let id = if row % 40 == 39 { row - 1 } else { row };
        let author = random.random_range(0..200);
        let minute = random.random_range(0..600);
        let [brand, other] = [0, 1].map(|_| BRANDS.choose(&mut random).unwrap());
        let opening = OPENINGS.choose(&mut random).unwrap();
        let thing = THINGS.choose(&mut random).unwrap();
        let judgement = JUDGEMENTS.choose(&mut random).unwrap();
        let also = if random.random_bool(0.1) {
            format!(", unlike {other}")
        } else {
            String::new()
        };
        let (hour, minute) = (8 + minute / 60, minute % 60);
        let created = if row % 100 == 50 {
            "yesterday".to_owned()
        } else {
            format!(
                "2026-03-01T{hour:02}:{minute:02}:{:02}Z",
                random.random_range(0..60)
            )
        };
        let text = format!("{opening} the {thing} of {brand} {judgement}{also}. No. {row}");
        let stars = random.random_range(1..=5);
        let times = if row % 40 == 19 { 2 } else { 1 };
        for _ in 0..times {
            writeln!(csv, "{id},user{author},{created},\"{text}\",{stars}").unwrap();
        }
    }
    csv
}

fn folder() -> Folder {
    let folder = Folder::new(&format!("{QUICK}{SMALL_STEPS}{}{REVIEWS}", brands(&BRANDS)));
    folder.write("reviews.csv", reviews());
    folder
}

fn import(folder: &Folder) -> Command {
    let mut command = folder.command(&["import", "reviews.csv", "--json"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// What each alert said when: everything but the places of its records, whose offsets differ.
fn alerts(folder: &Folder) -> Vec<(Value, Value, Value, Value)> {
    let said = |record: Value| {
        let alert = &record["value"];
        let of = |name: &str| alert[name].clone();
        (of("id"), of("revision"), of("occasion"), of("mentions"))
    };
    folder.topic("alerts").into_iter().map(said).collect()
}

/// Which version of which item a mention is of, and of which brand.
fn version(mention: &Value) -> String {
    format!(
        "{} {} {}",
        mention["item"], mention["version"], mention["brand"]
    )
}

#[test]
fn an_import_killed_twenty_five_times_ends_as_if_undisturbed() {
    let undisturbed = folder();
    let started = Instant::now();
    assert!(import(&undisturbed).status().unwrap().success());
    let whole = started.elapsed();

    let killed = folder();
    let wal = killed.path("data/hark.db-wal");
    let mut random = ChaCha8Rng::seed_from_u64(SEED);
    let mut at_work = 0;
    for _ in 0..KILLS {
        let mut child = import(&killed).spawn().unwrap();
        let writes = random.random_range(0..10);
        let later = Duration::from_millis(random.random_range(0..40));
        at_work += u32::from(works_until(&mut child, &wal, writes, later));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let disturbed = started.elapsed() - whole;
    assert!(import(&killed).status().unwrap().success());
    println!("undisturbed {whole:?}, then {at_work} of {KILLS} kills at work in {disturbed:?}");
    assert!(
        at_work >= KILLS * 3 / 4,
        "only {at_work} kills came before the end"
    );

    let pairs = killed.pairs();
    assert_eq!(pairs, undisturbed.pairs());
    let versions: BTreeSet<_> = killed.observed().iter().map(version).collect();
    assert_eq!(versions.len(), pairs.len(), "a mention is there twice");
    assert_eq!(killed.report(), undisturbed.report());
    assert!(
        alerts(&undisturbed).len() >= 10,
        "too few alerts to compare"
    );
    assert_eq!(alerts(&killed), alerts(&undisturbed));
    let letters = |folder: &Folder| folder.topic("dead-letters").len();
    assert_eq!((letters(&killed), letters(&undisturbed)), (6, 6));
}
