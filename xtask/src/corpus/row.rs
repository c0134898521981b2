//! The corpus' files, line by line.

use super::{HARD_CASES, KINDS, REGISTERS};
use anyhow::{Context, Result};
use hark_model::{Emotion, Expectation, Intent, Sentiment, default_taxonomy};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::fs;
use std::path::Path;

/// A post towards one brand, with the labels that were settled.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) target: String,
    pub(crate) others: Vec<String>,
    pub(crate) sentiment: String,
    pub(crate) touchpoints: Vec<String>,
    pub(crate) intents: Vec<String>,
    pub(crate) emotions: Vec<String>,
    pub(crate) expectation: String,
    pub(crate) kind: String,
    pub(crate) industry: String,
    pub(crate) register: String,
    pub(crate) hard: Vec<String>,
    /// Heads in which both readings can be defended; the writer's stands.
    #[serde(default)]
    pub(crate) disputed: Vec<String>,
}

/// What the writer and the second reader said of a row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Readings {
    pub(crate) id: String,
    pub(crate) writer: Labels,
    pub(crate) second: Labels,
}

/// One reading.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Labels {
    sentiment: String,
    touchpoints: Vec<String>,
    intents: Vec<String>,
    emotions: Vec<String>,
    expectation: String,
}

/// The heads, as `disputed` names them.
pub(crate) const HEADS: [&str; 5] = [
    "sentiment",
    "touchpoints",
    "intents",
    "emotions",
    "expectation",
];

/// The ids that a head can say: hark's own.
pub(crate) fn labels(head: &str) -> Vec<String> {
    fn all<T: ToString>(labels: &[T]) -> Vec<String> {
        labels.iter().map(T::to_string).collect()
    }
    match head {
        "sentiment" => all(&Sentiment::ALL),
        "touchpoints" => default_taxonomy()
            .iter()
            .map(|t| t.id.to_string())
            .collect(),
        "intents" => all(Intent::ALL),
        "emotions" => all(Emotion::ALL),
        "expectation" => [all(Expectation::ALL), vec!["none".to_owned()]].concat(),
        _ => Vec::new(),
    }
}

/// Reads a file of JSON lines; the error names the line.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let line = |(number, line): (usize, &str)| {
        let at = || format!("{} line {}", path.display(), number + 1);
        serde_json::from_str(line).with_context(at)
    };
    text.lines().enumerate().map(line).collect()
}

impl Row {
    /// The ids in each field.
    pub(crate) fn fields(&self) -> [(&'static str, Vec<&str>); 9] {
        fn all(ids: &[String]) -> Vec<&str> {
            ids.iter().map(String::as_str).collect()
        }
        [
            ("sentiment", vec![&self.sentiment]),
            ("touchpoints", all(&self.touchpoints)),
            ("intents", all(&self.intents)),
            ("emotions", all(&self.emotions)),
            ("expectation", vec![&self.expectation]),
            ("kind", vec![&self.kind]),
            ("register", vec![&self.register]),
            ("hard", all(&self.hard)),
            ("industry", vec![&self.industry]),
        ]
    }

    /// What is wrong with the row by itself.
    pub(crate) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (field, ids) in self.fields() {
            let known = match field {
                "kind" => KINDS.map(str::to_owned).to_vec(),
                "register" => REGISTERS.map(str::to_owned).to_vec(),
                "hard" => HARD_CASES.map(str::to_owned).to_vec(),
                head => labels(head),
            };
            for (place, id) in ids.iter().enumerate() {
                if field != "industry" && !known.iter().any(|known| known == id) {
                    problems.push(format!("{}: {field} has no {id:?}", self.id));
                }
                if ids[..place].contains(id) {
                    problems.push(format!("{}: {field} has {id:?} twice", self.id));
                }
            }
        }
        if self.text.trim().is_empty() || self.target.trim().is_empty() {
            problems.push(format!("{}: the text or the target is empty", self.id));
        }
        if self.others.contains(&self.target) {
            problems.push(format!("{}: the target is among the others", self.id));
        }
        for head in &self.disputed {
            if !HEADS.contains(&head.as_str()) {
                problems.push(format!("{}: {head:?} is disputed and is no head", self.id));
            }
        }
        problems
    }

    /// The ids of one head, sorted.
    pub(crate) fn head(&self, head: &str) -> Vec<&str> {
        let found = self.fields().into_iter().find(|(field, _)| *field == head);
        let mut ids = found.map(|(_, ids)| ids).unwrap_or_default();
        ids.sort_unstable();
        ids
    }
}

impl Labels {
    /// The ids of one head, sorted.
    pub(crate) fn head(&self, head: &str) -> Vec<&str> {
        let list: &[String] = match head {
            "touchpoints" => &self.touchpoints,
            "intents" => &self.intents,
            "emotions" => &self.emotions,
            "sentiment" => std::slice::from_ref(&self.sentiment),
            _ => std::slice::from_ref(&self.expectation),
        };
        let mut ids: Vec<&str> = list.iter().map(|id| &**id).collect();
        ids.sort_unstable();
        ids
    }
}

impl Readings {
    /// What of the settled labels cannot have come from these readings: where both agree nothing
    /// is settled anew, and what is disputed stays as the writer has it.
    pub(crate) fn problems(&self, row: &Row) -> Vec<String> {
        let mut problems = Vec::new();
        for head in HEADS {
            let (writer, second) = (self.writer.head(head), self.second.head(head));
            let disputed = row.disputed.iter().any(|name| name == head);
            if writer == second && disputed {
                problems.push(format!("{}: {head} is disputed and both agree", self.id));
            }
            if (writer == second || disputed) && row.head(head) != writer {
                problems.push(format!("{}: {head} is not what was read", self.id));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn row(change: impl FnOnce(&mut Value)) -> Row {
        let mut row = json!({
            "id": "a-1", "text": "late again", "target": "Skylark", "others": [],
            "sentiment": "negative", "touchpoints": ["delivery"], "intents": ["complaint"],
            "emotions": [], "expectation": "missed", "kind": "post", "industry": "airline",
            "register": "terse", "hard": []
        });
        change(&mut row);
        serde_json::from_value(row).unwrap()
    }

    fn readings(second: &str) -> Readings {
        let labels = |touchpoint: &str| {
            json!({
                "sentiment": "negative", "touchpoints": [touchpoint], "intents": ["complaint"],
                "emotions": [], "expectation": "missed"
            })
        };
        let both = json!({ "id": "a-1", "writer": labels("delivery"), "second": labels(second) });
        serde_json::from_value(both).unwrap()
    }

    #[test]
    fn a_row_without_a_fault_has_no_problem_and_each_fault_is_named() {
        assert_eq!(row(|_| ()).problems(), Vec::<String>::new());
        for (field, value, problem) in [
            (
                "touchpoints",
                json!(["delivry"]),
                "touchpoints has no \"delivry\"",
            ),
            (
                "touchpoints",
                json!(["price", "price"]),
                "touchpoints has \"price\" twice",
            ),
            ("sentiment", json!("bad"), "sentiment has no \"bad\""),
            ("hard", json!(["irony"]), "hard has no \"irony\""),
            ("text", json!(" "), "the text or the target is empty"),
            (
                "others",
                json!(["Skylark"]),
                "the target is among the others",
            ),
            (
                "disputed",
                json!(["mood"]),
                "\"mood\" is disputed and is no head",
            ),
        ] {
            let problems = row(|row| row[field] = value).problems();
            assert_eq!(problems, [format!("a-1: {problem}")]);
        }
    }

    #[test]
    fn what_was_settled_must_come_from_the_readings() {
        let settled = row(|row| row["touchpoints"] = json!(["price"]));
        let problems = readings("delivery").problems(&settled);
        assert_eq!(problems, ["a-1: touchpoints is not what was read"]);
        assert!(
            readings("price").problems(&settled).is_empty(),
            "a third look may choose"
        );
        let disputed = row(|row| row["disputed"] = json!(["touchpoints"]));
        assert!(
            readings("price").problems(&disputed).is_empty(),
            "the writer's stands"
        );
        let problems = readings("delivery").problems(&disputed);
        assert_eq!(problems, ["a-1: touchpoints is disputed and both agree"]);
    }
}
