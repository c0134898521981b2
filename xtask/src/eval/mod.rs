//! What the shipped model is worth, and whether it is worth less than it was.

mod sets;
mod table;

use crate::cargo::{cargo, root};
use crate::{needs, shared};
use anyhow::{Context, Result, bail};
use clap::Args;
use serde_json::{Map, Value, json};
use sets::SETS;
pub(crate) use sets::Set;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// A score may fall by this much and no more: one point.
const TOLERANCE: f64 = 0.01;

/// What `cargo xtask eval` takes.
#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// Write the scores down as those that later runs are compared with, and into the model card.
    #[arg(long)]
    record: bool,
    /// Only these sets.
    #[arg(long, value_name = "NAME", conflicts_with = "record", value_parser = SETS.map(|set| set.name))]
    only: Vec<String>,
    /// Another model's folder.
    #[arg(long, value_name = "FOLDER", conflicts_with = "record")]
    model: Option<PathBuf>,
}

/// Measures every set through the shipped model and compares with the recorded scores.
pub(crate) fn run(args: &EvalArgs) -> Result<ExitCode> {
    needs::check(&needs::TO_BUILD)?;
    let recorded = recorded()?;
    let hark = build()?;
    let shared = shared()?;
    let scratch = tempfile::tempdir()?;
    let mut reports = Map::new();
    for set in &SETS {
        if !args.only.is_empty() && !args.only.iter().any(|name| name == set.name) {
            continue;
        }
        let path = scratch.path().join(set.name).with_extension("jsonl");
        match (set.rows)(&shared) {
            Ok(rows) => fs::write(&path, lines(&rows))?,
            Err(error) if args.record => return Err(error),
            Err(error) => {
                println!("{}: not measured: {error:#}", set.name);
                continue;
            }
        }
        println!("{}: {}", set.name, set.title);
        reports.insert(set.name.to_owned(), measure(&hark, set, &path, args)?);
    }
    print!("\n{}", table::headline(&reports));
    if args.record {
        record(&reports)?;
        return Ok(ExitCode::SUCCESS);
    }
    if reports.is_empty() {
        bail!("nothing was measured; HARK_SHARED names the folder with the data sets");
    }
    let fallen = fallen(&recorded, &reports);
    for line in &fallen {
        println!("fell: {line}");
    }
    Ok(ExitCode::from(u8::from(!fallen.is_empty())))
}

/// The sets that are not our own.
pub(crate) fn others() -> impl Iterator<Item = &'static Set> {
    SETS.iter().filter(|set| set.name != "own")
}

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

fn build() -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--release", "-p", "hark", "--bin", "hark"]);
    command.arg("--message-format=json-render-diagnostics");
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("hark cannot be built; what cargo said is above");
    }
    let messages = String::from_utf8(output.stdout)?;
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut path = messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from));
    path.next_back().context("cargo built no hark")
}

/// What `hark eval` says of a set.
fn measure(hark: &Path, set: &Set, file: &Path, args: &EvalArgs) -> Result<Value> {
    let mut command = Command::new(hark);
    command
        .arg("eval")
        .arg(file)
        .args(["--json", "--worst", "0"]);
    if let Some(field) = set.by {
        command.args(["--by", field]);
    }
    if let Some(model) = &args.model {
        command.arg("--model").arg(model);
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start hark")?;
    if !output.status.success() {
        bail!("hark eval failed on {}; what it said is above", set.name);
    }
    let mut report: Value = serde_json::from_slice(&output.stdout)?;
    if let Some(report) = report.as_object_mut() {
        report.remove("worst");
    }
    Ok(rounded(report))
}

/// Four digits, so that a change in the fifth is no change of the file.
fn rounded(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            let number = number.as_f64().unwrap_or_default();
            json!((number * 10_000.0).round() / 10_000.0)
        }
        Value::Array(list) => list.into_iter().map(rounded).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (key, rounded(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn results() -> PathBuf {
    root().join("training/results.json")
}

fn recorded() -> Result<Map<String, Value>> {
    let path = results();
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_str(&text)?)
}

fn record(reports: &Map<String, Value>) -> Result<()> {
    fs::write(results(), serde_json::to_string_pretty(reports)? + "\n")?;
    let card = root().join("services/classify/model/MODEL_CARD.md");
    let text = fs::read_to_string(&card).with_context(|| card.display().to_string())?;
    let (start, end) = ("<!-- scores -->\n", "<!-- end of scores -->\n");
    let before = text
        .split_once(start)
        .context("the card has no mark for the scores")?
        .0;
    let after = text
        .split_once(end)
        .context("the card has no mark for their end")?
        .1;
    let scores = table::card(reports);
    fs::write(&card, format!("{before}{start}{scores}{end}{after}"))?;
    println!("recorded in {} and {}", results().display(), card.display());
    Ok(())
}

/// The watched scores that fell by more than a point.
fn fallen(recorded: &Map<String, Value>, reports: &Map<String, Value>) -> Vec<String> {
    let number = |reports: &Map<String, Value>, set: &Set, place: &str| {
        reports
            .get(set.name)
            .and_then(|report| report.pointer(place)?.as_f64())
    };
    let mut fallen = Vec::new();
    for set in &SETS {
        for (place, what) in set.watched {
            if !reports.contains_key(set.name) {
                continue;
            }
            let (Some(was), Some(is)) = (number(recorded, set, place), number(reports, set, place))
            else {
                fallen.push(format!(
                    "{}, {what}: there is nothing to compare",
                    set.title
                ));
                continue;
            };
            if is < was - TOLERANCE {
                let (was, is) = (100.0 * was, 100.0 * is);
                fallen.push(format!(
                    "{}, {what}: {was:.1} before, {is:.1} now",
                    set.title
                ));
            }
        }
    }
    fallen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_of_more_than_a_point_is_told_and_a_smaller_one_is_not() {
        let reports = |recall: f64| {
            let report = json!({ "sentiment": { "macro_recall": recall } });
            Map::from_iter([("tweeteval".to_owned(), report)])
        };
        assert!(fallen(&reports(0.71), &reports(0.701)).is_empty());
        let told = fallen(&reports(0.71), &reports(0.69));
        assert_eq!(
            told,
            ["TweetEval sentiment test, sentiment: macro-recall: 71.0 before, 69.0 now"]
        );
    }
}
