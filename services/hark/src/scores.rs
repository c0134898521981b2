//! A model's scores, for a person.

use comfy_table::{CellAlignment, Table, TableComponent, presets};
use hark_classify::eval::{Choice, Interval, Label, Many, Report};
use std::collections::BTreeMap;

/// The scores of every head that was labelled, then of each group.
pub(crate) fn for_a_person(report: &Report, groups: &BTreeMap<String, Report>) -> String {
    let mut shown = format!("{} texts, model {}\n", report.texts, report.model);
    for (name, scores) in [
        ("Sentiment", &report.sentiment),
        ("Expectation", &report.expectation),
    ] {
        if let Some(scores) = scores {
            shown.push_str(&format!("\n{name}\n{}", choice(scores)));
        }
    }
    for (name, scores) in [
        ("Touchpoints", &report.touchpoints),
        ("Intents", &report.intents),
        ("Emotions", &report.emotions),
    ] {
        if let Some(scores) = scores {
            shown.push_str(&format!("\n{name}\n{}", many(scores)));
        }
    }
    if !groups.is_empty() {
        shown.push_str(&format!("\nBy group\n{}", by_group(groups)));
    }
    shown
}

fn choice(scores: &Choice) -> String {
    let mut shown = format!(
        "accuracy {} · macro-recall {} · macro-F1 {} · {} texts\n",
        with_interval(scores.accuracy, scores.accuracy_interval),
        with_interval(scores.macro_recall, scores.macro_recall_interval),
        with_interval(scores.macro_f1, scores.macro_f1_interval),
        scores.texts,
    );
    if let Some(error) = scores.calibration_error {
        shown.push_str(&format!(
            "calibration error {} · uncertain {}, accuracy of the rest {}\n",
            percent(error),
            percent(scores.uncertain),
            percent(scores.accuracy_when_certain),
        ));
    }
    let said: Vec<&String> = scores.confusion.keys().collect();
    let mut table = labels_table(&["said:"], &said);
    for (label, numbers) in &scores.labels {
        let confused = said.iter().map(|said| {
            let row = scores.confusion.get(label);
            row.and_then(|row| row.get(*said))
                .map_or_else(String::new, usize::to_string)
        });
        let cells = label_cells(label, numbers).into_iter();
        table.add_row(cells.chain([String::new()]).chain(confused));
    }
    shown + &table.to_string() + "\n"
}

fn many(scores: &Many) -> String {
    let mut shown = format!(
        "micro-F1 {} · macro-F1 {} · precision {} · recall {} · calibration error {} · {} texts\n",
        with_interval(scores.micro_f1, scores.micro_f1_interval),
        with_interval(scores.macro_f1, scores.macro_f1_interval),
        percent(scores.precision),
        percent(scores.recall),
        percent(scores.calibration_error),
        scores.texts,
    );
    let mut table = labels_table(&[], &[]);
    for (label, numbers) in &scores.labels {
        table.add_row(label_cells(label, numbers));
    }
    shown.push_str(&table.to_string());
    shown + "\n"
}

fn by_group(groups: &BTreeMap<String, Report>) -> String {
    let mut table = table(&[
        "group",
        "texts",
        "sentiment",
        "touchpoints",
        "intents",
        "emotions",
        "expectation",
    ]);
    let choice = |scores: &Option<Choice>| {
        scores
            .as_ref()
            .map_or(String::new(), |s| percent(s.accuracy))
    };
    let many = |scores: &Option<Many>| {
        scores
            .as_ref()
            .map_or(String::new(), |s| percent(s.micro_f1))
    };
    for (name, report) in groups {
        table.add_row([
            name.clone(),
            report.texts.to_string(),
            choice(&report.sentiment),
            many(&report.touchpoints),
            many(&report.intents),
            many(&report.emotions),
            choice(&report.expectation),
        ]);
    }
    format!("accuracy of sentiment and expectation, micro-F1 of the others\n{table}\n")
}

fn labels_table(beside: &[&str], said: &[&String]) -> Table {
    let first = ["label", "texts", "precision", "recall", "F1"];
    let said = said.iter().map(|said| said.as_str());
    let header: Vec<&str> = first
        .into_iter()
        .chain(beside.iter().copied())
        .chain(said)
        .collect();
    table(&header)
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::UTF8_HORIZONTAL_ONLY)
        .set_header(header);
    // A line under each of many short rows would only make the table long.
    table.remove_style(TableComponent::HorizontalLines);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn label_cells(label: &str, numbers: &Label) -> Vec<String> {
    vec![
        label.to_owned(),
        numbers.texts.to_string(),
        percent(numbers.precision),
        percent(numbers.recall),
        percent(numbers.f1),
    ]
}

fn with_interval(value: f64, interval: Interval) -> String {
    let (low, high) = (percent(interval.low), percent(interval.high));
    format!("{} ({low}–{high})", percent(value))
}

fn percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share)
}
