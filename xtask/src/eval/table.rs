//! The scores as tables.

use super::sets::SETS;
use serde_json::{Map, Value};
use std::fmt::Write;

/// The watched scores of each set.
pub(crate) fn headline(reports: &Map<String, Value>) -> String {
    let mut table =
        String::from("| set | measure | score | 95 % | texts |\n|---|---|---|---|---|\n");
    for set in &SETS {
        let Some(report) = reports.get(set.name) else {
            continue;
        };
        for (place, what) in set.watched {
            let score = report.pointer(place);
            let interval = report.pointer(&format!("{place}_interval"));
            let interval = interval.map_or(String::new(), |interval| {
                format!(
                    "{}–{}",
                    percent(interval.get("low")),
                    percent(interval.get("high"))
                )
            });
            let texts = texts_of(report, place);
            row(
                &mut table,
                [set.title, what, &percent(score), &interval, &texts],
            );
        }
        if let Some(error) = report.pointer("/sentiment/calibration_error") {
            let what = "sentiment: expected calibration error";
            let texts = texts_of(report, "/sentiment/calibration_error");
            row(
                &mut table,
                [set.title, what, &percent(Some(error)), "", &texts],
            );
        }
    }
    table
}

/// The headline, then every label of our own test, and our own test by hard case.
pub(crate) fn card(reports: &Map<String, Value>) -> String {
    let mut text = headline(reports);
    let Some(own) = reports.get("own") else {
        return text;
    };
    text.push_str("\nOur own test, label by label:\n\n");
    text.push_str(
        "| head | label | F1 | precision | recall | texts |\n|---|---|---|---|---|---|\n",
    );
    for head in [
        "sentiment",
        "touchpoints",
        "intents",
        "emotions",
        "expectation",
    ] {
        let labels = own[head]["labels"].as_object().into_iter().flatten();
        for (label, numbers) in labels {
            let [f1, precision, recall] =
                ["f1", "precision", "recall"].map(|measure| percent(numbers.get(measure)));
            let texts = numbers["texts"].to_string();
            row(
                &mut text,
                [
                    head,
                    &format!("`{label}`"),
                    &f1,
                    &precision,
                    &recall,
                    &texts,
                ],
            );
        }
    }
    text.push_str("\nOur own test by hard case:\n\n");
    text.push_str("| case | sentiment: accuracy | touchpoints: micro-F1 | intents: micro-F1 | texts |\n|---|---|---|---|---|\n");
    for (case, report) in own["by"].as_object().into_iter().flatten() {
        let [sentiment, touchpoints, intents] = [
            "/sentiment/accuracy",
            "/touchpoints/micro_f1",
            "/intents/micro_f1",
        ]
        .map(|place| percent(report.pointer(place)));
        let texts = report["texts"].to_string();
        row(
            &mut text,
            [
                &format!("`{case}`"),
                &sentiment,
                &touchpoints,
                &intents,
                &texts,
            ],
        );
    }
    text
}

/// How many texts a score stands on: of the label, the group or the head that it is of.
fn texts_of(report: &Value, place: &str) -> String {
    let parent = place.rsplit_once('/').map_or("", |(parent, _)| parent);
    report
        .pointer(&format!("{parent}/texts"))
        .map_or(String::new(), Value::to_string)
}

fn row<const N: usize>(table: &mut String, cells: [&str; N]) {
    // Writing to a string cannot fail.
    let _ = writeln!(table, "| {} |", cells.join(" | "));
}

fn percent(share: Option<&Value>) -> String {
    let share = share.and_then(Value::as_f64);
    share.map_or("–".to_owned(), |share| format!("{:.1}", 100.0 * share))
}
