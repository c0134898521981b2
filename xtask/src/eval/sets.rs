//! Every evaluation set, and what its labels mean in hark's ids: the one place where that stands.
//!
//! None of these texts is ever trained on, and none is copied into the project.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A labelled set.
pub(crate) struct Set {
    /// Its name in the results.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
    /// The scores that may not fall: where in the report, and what they are called.
    pub(crate) watched: &'static [(&'static str, &'static str)],
    /// A field the scores are split by.
    pub(crate) by: Option<&'static str>,
    /// Its rows in the form that `hark eval` reads. `shared` holds the data sets.
    pub(crate) rows: fn(shared: &Path) -> Result<Vec<Value>>,
}

/// All of them, in the order of the table.
pub(crate) const SETS: [Set; 6] = [
    Set {
        name: "tweeteval",
        title: "TweetEval sentiment test",
        watched: &[("/sentiment/macro_recall", "sentiment: macro-recall")],
        by: None,
        rows: tweeteval,
    },
    Set {
        name: "airline",
        title: "Airline tweets",
        watched: &[("/sentiment/macro_f1", "sentiment: macro-F1")],
        by: None,
        rows: airline,
    },
    Set {
        name: "fabsa",
        title: "FABSA reviews",
        watched: &[("/touchpoints/micro_f1", "touchpoints that map: micro-F1")],
        by: Some("industry"),
        rows: fabsa,
    },
    Set {
        name: "complaints",
        title: "Complaints on social media",
        watched: &[("/intents/labels/complaint/f1", "complaint: F1")],
        by: Some("domain"),
        rows: complaints,
    },
    Set {
        name: "suggestions",
        title: "SemEval 2019 suggestions",
        watched: &[("/intents/labels/suggestion/f1", "suggestion: F1")],
        by: None,
        rows: suggestions,
    },
    Set {
        name: "own",
        title: "Our own test",
        watched: &[
            ("/sentiment/macro_recall", "sentiment: macro-recall"),
            (
                "/by/two-brands/sentiment/accuracy",
                "sentiment, two brands in one post: accuracy",
            ),
            ("/touchpoints/micro_f1", "touchpoints: micro-F1"),
            ("/touchpoints/macro_f1", "touchpoints: macro-F1"),
            ("/intents/micro_f1", "intents: micro-F1"),
            ("/intents/labels/churn/f1", "churn: F1"),
            ("/intents/labels/recommendation/f1", "recommendation: F1"),
            ("/touchpoints/labels/safety/f1", "safety: F1"),
            ("/emotions/micro_f1", "emotions: micro-F1"),
            ("/expectation/macro_f1", "expectation: macro-F1"),
        ],
        by: Some("hard"),
        rows: own,
    },
];

const SENTIMENT: [&str; 3] = ["negative", "neutral", "positive"];

/// TweetEval's classes 0, 1, 2 are negative, neutral, positive.
fn tweeteval(shared: &Path) -> Result<Vec<Value>> {
    let folder = shared.join("datasets/evaluate/tweeteval/sentiment");
    let labels = read(&folder.join("test_labels.txt"))?;
    let texts = read(&folder.join("test_text.txt"))?;
    let row = |(text, label): (&str, &str)| {
        let label: usize = label.trim().parse()?;
        let label = SENTIMENT.get(label).context("a class is none of 0, 1, 2")?;
        Ok(json!({ "text": text, "sentiment": label }))
    };
    texts.split('\n').zip(labels.lines()).map(row).collect()
}

/// Read towards the airline that the tweet is about.
fn airline(shared: &Path) -> Result<Vec<Value>> {
    let rows = csv(&shared.join("datasets/evaluate/airline/Tweets.csv"), true)?;
    let row = |row: Vec<String>| {
        let [sentiment, airline, text] = [1, 5, 10].map(|column| row.get(column).cloned());
        json!({ "text": text, "target": airline, "sentiment": sentiment })
    };
    Ok(rows.into_iter().map(row).collect())
}

/// FABSA's twelve aspects. The first id is the nearest; where an aspect's text may rightly carry
/// another of our ids, that one will do as well. Ids that no aspect maps to are not judged.
const FABSA: [(&str, &[&str]); 12] = [
    ("online-experience.app-website", &["website-app"]),
    ("company-brand.general-satisfaction", &["brand", "product"]),
    ("company-brand.competitor", &["brand"]),
    ("company-brand.reviews", &["brand"]),
    (
        "purchase-booking-experience.ease-of-use",
        &["ordering", "website-app"],
    ),
    ("staff-support.attitude-of-staff", &["support", "staff"]),
    ("staff-support.phone", &["support"]),
    ("staff-support.email", &["support"]),
    ("value.price-value-for-money", &["price"]),
    (
        "value.discounts-promotions",
        &["advertising", "loyalty", "price"],
    ),
    ("logistics-rides.speed", &["delivery"]),
    ("account-management.account-access", &["account"]),
];

fn fabsa(shared: &Path) -> Result<Vec<Value>> {
    let mut known: Vec<&str> = FABSA.iter().flat_map(|(_, ids)| *ids).copied().collect();
    known.sort_unstable();
    known.dedup();
    let rows = csv(&shared.join("datasets/evaluate/fabsa/fabsa.csv"), true)?;
    let row = |row: Vec<String>| {
        let [text, labels, industry] = [1, 2, 4].map(|column| row.get(column).cloned());
        // A Python list of strings: `aspect.code.polarity`, none of them with a quote inside.
        let labels: Vec<String> =
            serde_json::from_str(&labels.unwrap_or_default().replace('\'', "\""))?;
        let ids = |label: &String| {
            let aspect = label.rsplit_once('.').map(|(aspect, _)| aspect);
            let found = FABSA.iter().find(|(name, _)| Some(*name) == aspect);
            found
                .map(|(_, ids)| *ids)
                .with_context(|| format!("FABSA has no aspect {label}"))
        };
        let touchpoints: Vec<&[&str]> = labels.iter().map(ids).collect::<Result<_>>()?;
        Ok(json!({
            "text": text, "touchpoints": touchpoints, "touchpoints_known": known,
            "industry": industry,
        }))
    };
    rows.into_iter().map(row).collect()
}

fn complaints(shared: &Path) -> Result<Vec<Value>> {
    let path = "datasets/evaluate/complaints-social-media/complaints-data.csv";
    yes_or_no(&shared.join(path), "complaint", Some(3))
}

fn suggestions(shared: &Path) -> Result<Vec<Value>> {
    let path = "datasets/evaluate/semeval2019-suggestion/SubtaskA_EvaluationData_labeled.csv";
    yes_or_no(&shared.join(path), "suggestion", None)
}

/// A file of id, text, 1 or 0: one intent holds, or it does not.
fn yes_or_no(path: &Path, intent: &str, domain: Option<usize>) -> Result<Vec<Value>> {
    let rows = csv(path, false)?.into_iter().filter(|row| row.len() > 2);
    let row = |row: Vec<String>| {
        let holds = row[2].trim() == "1";
        let intents: &[&str] = if holds { &[intent] } else { &[] };
        let domain = domain.and_then(|column| row.get(column));
        json!({ "text": row[1], "intents": intents, "intents_known": [intent], "domain": domain })
    };
    Ok(rows.map(row).collect())
}

/// The corpus' own test part, as it is. Heads in which two readers stayed apart are scored too.
fn own(_: &Path) -> Result<Vec<Value>> {
    let path = crate::cargo::root().join("training/corpus/test.jsonl");
    let lines = read(&path)?;
    lines
        .lines()
        .map(|line| Ok(serde_json::from_str(line)?))
        .collect()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| path.display().to_string())
}

/// The rows of a CSV file, in whatever encoding: what is not UTF-8 becomes U+FFFD.
fn csv(path: &Path, headed: bool) -> Result<Vec<Vec<String>>> {
    let bytes = fs::read(path).with_context(|| path.display().to_string())?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(headed)
        .flexible(true)
        .from_reader(&bytes[..]);
    let cells = |row: csv::ByteRecord| {
        row.iter()
            .map(|cell| String::from_utf8_lossy(cell).into_owned())
            .collect()
    };
    let rows = reader.byte_records().map(|row| Ok(cells(row?)));
    rows.collect()
}
