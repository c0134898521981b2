//! `hark eval`: measure the model on labelled texts.

use super::classify::{classifier, prepared};
use crate::cli::EvalArgs;
use crate::exit::{Failure, Outcome};
use crate::judgement::rounded;
use crate::scores;
use hark_classify::eval::{Evaluation, Labelled, Report};
use hark_classify::{Classifier, Judgement, Request};
use hark_model::default_taxonomy;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::Path;

pub(crate) fn eval(args: &EvalArgs) -> Outcome {
    let rows = read(&args.file)?;
    let classifier = classifier(args.model.as_deref())?;
    let judged = judge(&classifier, &rows)?;
    let fresh = || Evaluation::new(&default_taxonomy(), classifier.pool().model());
    let mut all = fresh();
    let mut groups: BTreeMap<String, Evaluation> = BTreeMap::new();
    for (row, judgement) in rows.iter().zip(&judged) {
        all.note(row, judgement);
        for group in args.by.iter().flat_map(|field| values(row, field)) {
            groups
                .entry(group)
                .or_insert_with(fresh)
                .note(row, judgement);
        }
    }
    if let Some(field) = args.by.as_ref().filter(|_| groups.is_empty()) {
        return Err(Failure::input(format!(
            "no line of {} has a field {field:?} to split by",
            args.file.display()
        )));
    }
    let groups: BTreeMap<String, Report> = groups
        .iter()
        .map(|(name, group)| (name.clone(), group.report()))
        .collect();
    let worst = worst(&rows, &judged, args.worst);
    let report = all.report();
    if args.json {
        let mut shown =
            serde_json::to_value(&report).map_err(|e| Failure::System(e.to_string()))?;
        if args.by.is_some() {
            shown["by"] =
                serde_json::to_value(&groups).map_err(|e| Failure::System(e.to_string()))?;
        }
        shown["worst"] = worst.iter().map(Mistake::value).collect();
        anstream::println!("{shown}");
    } else {
        anstream::print!("{}", scores::for_a_person(&report, &groups));
        if !worst.is_empty() {
            anstream::println!("\nWorst errors of sentiment, the surest first");
        }
        for error in &worst {
            anstream::println!("{}", error.line());
        }
    }
    Ok(())
}

/// Every line of the file, or what is wrong with the first lines that cannot be read.
fn read(path: &Path) -> Outcome<Vec<Labelled>> {
    /// More mistakes than this are the same one.
    const SHOWN: usize = 20;
    let at = |problem: String| format!("{}: {problem}", path.display());
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::input(at(error.to_string())))?;
    let taxonomy = default_taxonomy();
    let (mut rows, mut wrong) = (Vec::new(), Vec::new());
    let lines = text.lines().enumerate();
    for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        match Labelled::parse(line, &taxonomy) {
            Ok(row) => rows.push(row),
            Err(error) => wrong.push(at(format!("line {}: {error}", number + 1))),
        }
    }
    if !wrong.is_empty() {
        let more = wrong.len().saturating_sub(SHOWN);
        wrong.truncate(SHOWN);
        if more > 0 {
            wrong.push(at(format!("{more} more lines cannot be read")));
        }
        return Err(Failure::Input(wrong));
    }
    if rows.is_empty() {
        return Err(Failure::input(
            at("it has no line to measure by".to_owned()),
        ));
    }
    Ok(rows)
}

fn judge(classifier: &Classifier, rows: &[Labelled]) -> Outcome<Vec<Judgement>> {
    /// How many texts are judged between two looks at the progress bar.
    const CHUNK: usize = 512;
    let bar = bar(rows.len());
    let mut judged = Vec::with_capacity(rows.len());
    for chunk in rows.chunks(CHUNK) {
        let requests: Vec<Request> = chunk.iter().map(|row| row.request(prepared)).collect();
        let outcomes = classifier.classify(&requests);
        for outcome in outcomes.map_err(|error| Failure::System(error.to_string()))? {
            judged.push(outcome.map_err(|error| Failure::System(error.to_string()))?);
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish_and_clear();
    Ok(judged)
}

fn bar(texts: usize) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(
        "judging {bar:36.cyan/blue} {human_pos:>9}/{human_len:<9} {per_sec:>12} {eta:>5} left",
    )
    .expect("the template is a literal");
    ProgressBar::with_draw_target(Some(texts as u64), target).with_style(style)
}

/// What a row says under a field: its value, or each value of its list.
fn values(row: &Labelled, field: &str) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match row.rest.get(field) {
        Some(Value::Array(list)) => list.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => Vec::new(),
    }
}

/// A text whose sentiment was wrong.
struct Mistake<'a> {
    row: &'a Labelled,
    truth: &'a str,
    said: &'static str,
    probability: f32,
}

/// The errors of sentiment that were the surest.
fn worst<'a>(rows: &'a [Labelled], judged: &[Judgement], most: usize) -> Vec<Mistake<'a>> {
    let wrong = rows.iter().zip(judged).filter_map(|(row, judgement)| {
        let label = judgement.sentiment.label();
        let truth = row.sentiment.as_deref()?;
        (truth != label.as_str()).then(|| Mistake {
            row,
            truth,
            said: label.as_str(),
            probability: judgement.sentiment.of(label),
        })
    });
    let mut wrong: Vec<_> = wrong.collect();
    wrong.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    wrong.truncate(most);
    wrong
}

impl Mistake<'_> {
    fn value(&self) -> Value {
        json!({
            "id": self.row.rest.get("id"), "text": self.row.text, "target": self.row.target,
            "sentiment": self.truth, "said": self.said, "probability": rounded(self.probability),
        })
    }

    fn line(&self) -> String {
        let text: String = self
            .row
            .text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let target = self
            .row
            .target
            .as_deref()
            .map_or(String::new(), |t| format!(" [{t}]"));
        let (said, truth) = (self.said, self.truth);
        format!(
            "  {:.2} {said}, is {truth}{target}: {text}",
            self.probability
        )
    }
}
