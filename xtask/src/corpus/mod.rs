//! The labelled corpus, held against its own rules.

mod agreement;
mod duplicates;
mod row;

use crate::cargo::root;
use crate::shared;
use anyhow::Result;
use row::{Readings, Row, read};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::process::ExitCode;

/// Rows for training and for testing, at the least.
const ROWS: [(&str, usize); 2] = [("train", 6_000), ("test", 1_500)];
/// Industries that are written about, at the least.
const INDUSTRIES: usize = 25;
/// Rows for training that carry a label, at the least, by head.
const POSITIVES: [(&str, usize); 3] = [("touchpoints", 300), ("intents", 400), ("emotions", 250)];
/// Rows for training with a hard case, at the least; two brands in one post are rows of their own.
const HARD: usize = 150;
const TWO_BRANDS: usize = 800;

/// The ids that may stand in the other fields; those of the heads are hark's own.
const KINDS: [&str; 10] = [
    "post", "review", "reply", "ticket", "survey", "forum", "headline", "advert", "job", "spam",
];
const REGISTERS: [&str; 11] = [
    "plain",
    "casual",
    "slang",
    "formal",
    "terse",
    "capitals",
    "emoji",
    "typos",
    "non-native",
    "regional",
    "story",
];
const HARD_CASES: [&str; 19] = [
    "sarcasm",
    "negation",
    "mixed",
    "comparison",
    "two-brands",
    "third-party",
    "conditional",
    "question",
    "news",
    "advert",
    "quote",
    "person",
    "polite",
    "resignation",
    "recovered",
    "leaving",
    "recommending",
    "numbers",
    "ordinary-word",
];

/// Checks the corpus and says what it holds.
pub(crate) fn run() -> Result<ExitCode> {
    let corpus = Corpus::read(&root().join("training/corpus"))?;
    let (told, problems) = corpus.check(&shared()?);
    print!("{told}");
    for problem in &problems {
        println!("problem: {problem}");
    }
    println!("{} problems", problems.len());
    Ok(ExitCode::from(u8::from(!problems.is_empty())))
}

struct Corpus {
    train: Vec<Row>,
    test: Vec<Row>,
    readings: HashMap<String, Readings>,
}

impl Corpus {
    fn read(folder: &Path) -> Result<Self> {
        let readings: Vec<Readings> = read(&folder.join("readings.jsonl"))?;
        Ok(Self {
            train: read(&folder.join("train.jsonl"))?,
            test: read(&folder.join("test.jsonl"))?,
            readings: readings.into_iter().map(|r| (r.id.clone(), r)).collect(),
        })
    }

    /// What the corpus holds, and what is wrong with it.
    fn check(&self, shared: &Path) -> (String, Vec<String>) {
        let mut problems = Vec::new();
        let mut ids = HashSet::new();
        for row in self.train.iter().chain(&self.test) {
            problems.extend(row.problems());
            if !ids.insert(&row.id) {
                problems.push(format!("{}: the id occurs twice", row.id));
            }
            match self.readings.get(&row.id) {
                Some(readings) => problems.extend(readings.problems(row)),
                None => problems.push(format!("{}: nobody has read it a second time", row.id)),
            }
        }
        let mut told = String::new();
        for ((name, least), rows) in ROWS.into_iter().zip([&self.train, &self.test]) {
            told.push_str(&format!("{name}: {} rows\n", rows.len()));
            if rows.len() < least {
                problems.push(format!("{name}: {} rows, {least} are wanted", rows.len()));
            }
            for (field, counts) in counts(rows) {
                let counts: Vec<String> = counts
                    .iter()
                    .map(|(id, count)| format!("{id} {count}"))
                    .collect();
                told.push_str(&format!("  {field}: {}\n", counts.join(", ")));
            }
        }
        problems.extend(self.short());
        told.push_str(&agreement::table(&self.readings, &self.train, &self.test));
        problems.extend(self.duplicates(shared));
        (told, problems)
    }

    /// The quotas that are not met.
    fn short(&self) -> Vec<String> {
        let counts = counts(&self.train);
        let count = |field: &str, id: &str| counts[field].get(id).copied().unwrap_or(0);
        let heads = POSITIVES.iter().flat_map(|(head, least)| {
            let ids = row::labels(head).into_iter();
            ids.map(|id| (*head, id, *least))
        });
        let hard = HARD_CASES.iter().map(|case| {
            let least = if *case == "two-brands" {
                TWO_BRANDS
            } else {
                HARD
            };
            ("hard", (*case).to_owned(), least)
        });
        let short = heads
            .chain(hard)
            .filter(|(field, id, least)| count(field, id) < *least);
        let short = short.map(|(field, id, least)| {
            format!(
                "train: {field} {id}: {} rows, {least} are wanted",
                count(field, &id)
            )
        });
        let industries = counts["industry"].len();
        let narrow = (industries < INDUSTRIES)
            .then(|| format!("train: {industries} industries, {INDUSTRIES} are wanted"));
        short.chain(narrow).collect()
    }

    /// Posts that say nearly the same, in the corpus and against every evaluation set.
    fn duplicates(&self, shared: &Path) -> Vec<String> {
        let mut texts: Vec<(String, String)> = Vec::new();
        let mut last = None;
        for row in self.train.iter().chain(&self.test) {
            // The rows of one post stand beside each other.
            if last != Some(&row.text) {
                texts.push((row.id.clone(), row.text.clone()));
            }
            last = Some(&row.text);
        }
        let own = texts.len();
        for set in crate::eval::others() {
            match (set.rows)(shared) {
                Ok(rows) => texts.extend(rows.iter().filter_map(|row| {
                    Some((set.name.to_owned(), row["text"].as_str()?.to_owned()))
                })),
                Err(error) => println!("{}: not compared with: {error:#}", set.name),
            }
        }
        let pairs = duplicates::find(&texts, own);
        let told = |(a, b, alike): (usize, usize, f64)| {
            let ((a, text), (b, _)) = (&texts[a], &texts[b]);
            format!("{a} and {b} say nearly the same ({alike:.2}): {text}")
        };
        pairs.into_iter().map(told).collect()
    }
}

/// How many rows carry each id, by field.
fn counts(rows: &[Row]) -> BTreeMap<&'static str, BTreeMap<String, usize>> {
    let mut counts: BTreeMap<&'static str, BTreeMap<String, usize>> = BTreeMap::new();
    for row in rows {
        for (field, ids) in row.fields() {
            let field = counts.entry(field).or_default();
            for id in ids {
                *field.entry(id.to_owned()).or_default() += 1;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_corpus_passes_its_checks() {
        let corpus = Corpus::read(&root().join("training/corpus")).unwrap();
        let (_, problems) = corpus.check(&shared().unwrap());
        assert!(problems.is_empty(), "{}", problems.join("\n"));
    }
}
