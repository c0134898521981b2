//! A judgement, as JSON and for a person.

use hark_classify::{Explained, Judgement, Verdict};
use hark_model::Scored;
use serde_json::{Value, json};
use std::fmt::{Display, Write};

/// A judgement as one JSON object; `all` shows labels that do not hold too.
pub(crate) fn value(id: &Value, judgement: &Judgement, language: Option<&str>, all: bool) -> Value {
    let scores = &judgement.sentiment;
    json!({
        "id": id,
        "sentiment": scores.label().as_str(),
        "uncertain": judgement.uncertain,
        "probabilities": {
            "negative": rounded(scores.negative),
            "neutral": rounded(scores.neutral),
            "positive": rounded(scores.positive),
        },
        "touchpoints": labels(&judgement.touchpoints, all),
        "intents": labels(&judgement.intents, all),
        "emotions": labels(&judgement.emotions, all),
        "expectation": labels(&judgement.expectation, false).into_iter().next(),
        "language": language,
        "model": &*judgement.model,
    })
}

/// An explanation as JSON: for each label that was said, the words that carry it.
pub(crate) fn explanation(text: &str, explained: &[Explained]) -> Value {
    let words = |label: &Explained| -> Vec<Value> {
        let word = |w: &hark_classify::Influence| json!({ "word": &text[w.at.clone()], "start": w.at.start, "end": w.at.end, "effect": rounded(w.effect) });
        label.words.iter().map(word).collect()
    };
    let label = |l: &Explained| json!({ "head": l.head, "label": l.label, "words": words(l) });
    explained.iter().map(label).collect()
}

/// A judgement in a few lines.
pub(crate) fn for_a_person(judgement: &Judgement, language: Option<&str>, all: bool) -> String {
    let scores = &judgement.sentiment;
    let unsure = if judgement.uncertain {
        " (not sure)"
    } else {
        ""
    };
    let mut text = format!(
        "{}{unsure}  negative {:.2} · neutral {:.2} · positive {:.2}\n",
        scores.label(),
        scores.negative,
        scores.neutral,
        scores.positive
    );
    for (name, list) in [
        ("touchpoints", labels(&judgement.touchpoints, all)),
        ("intents", labels(&judgement.intents, all)),
        ("emotions", labels(&judgement.emotions, all)),
        (
            "expectation",
            labels(&judgement.expectation, all)
                .into_iter()
                .take(if all { 3 } else { 1 })
                .collect(),
        ),
    ] {
        let shown: Vec<String> = list
            .iter()
            .map(|label| {
                let id = label["id"].as_str().unwrap_or_default();
                format!("{id} {:.2}", label["probability"].as_f64().unwrap_or(0.0))
            })
            .collect();
        let shown = if shown.is_empty() {
            "–".to_owned()
        } else {
            shown.join(", ")
        };
        line(&mut text, name, &shown);
    }
    line(&mut text, "language", language.unwrap_or("unsure"));
    line(&mut text, "model", &judgement.model);
    text
}

/// The words that carry each label, one line a label.
pub(crate) fn explanation_for_a_person(text: &str, explained: &[Explained]) -> String {
    let mut shown = String::from("why (what a label loses without the word)\n");
    for label in explained {
        let words: Vec<String> = label
            .words
            .iter()
            .map(|word| format!("“{}” {:+.2}", &text[word.at.clone()], word.effect))
            .collect();
        let words = if words.is_empty() {
            "no single word".to_owned()
        } else {
            words.join(", ")
        };
        shown.push_str("  ");
        line(&mut shown, &label.label, &words);
    }
    shown
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name:<14} {value}");
}

fn labels<T: Clone + Display>(verdicts: &[Verdict<T>], all: bool) -> Vec<Value> {
    let scored = |label: &T, probability: f32| json!({ "id": label.to_string(), "probability": rounded(probability) });
    if all {
        return verdicts
            .iter()
            .map(|v| scored(&v.label, v.probability))
            .collect();
    }
    let holding: Vec<Scored<T>> = Verdict::holding(verdicts);
    holding
        .iter()
        .map(|s| scored(&s.label, s.probability))
        .collect()
}

/// Four digits are more than the model knows.
pub(crate) fn rounded(probability: f32) -> f64 {
    (f64::from(probability) * 10_000.0).round() / 10_000.0
}
