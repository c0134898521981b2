//! What the columns of the model's heads mean: labels.json.

use crate::likeness::Likeness;
use hark_model::{
    Emotion, Expectation, Intent, Sentiment, Taxonomy, TouchpointId, default_taxonomy,
};
use serde::Deserialize;
use std::sync::Arc;

/// labels.json, checked: every label is one hark knows, and every number can be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Labels {
    /// The model and its version, as mentions carry it.
    pub model: Arc<str>,
    /// The sentiment head.
    pub sentiment: SentimentHead,
    /// The touchpoints head.
    pub touchpoints: Head<TouchpointId>,
    /// The intents head.
    pub intents: Head<Intent>,
    /// The emotions head.
    pub emotions: Head<Emotion>,
    /// The expectation head; at most one label of it is used, the most probable that holds.
    pub expectation: Head<Expectation>,
    /// Touchpoints that were learnt from examples, beside those of the head.
    pub own: Vec<Likeness>,
}

/// A head of which exactly one label holds: softmax(logits / temperature).
#[derive(Clone, Debug, PartialEq)]
pub struct SentimentHead {
    /// The label of each column.
    pub labels: [Sentiment; 3],
    /// What the logits are divided by, greater than 0.
    pub temperature: f32,
    /// A judgement whose best probability is below this is uncertain; 0..=1.
    pub uncertain_below: f32,
}

/// A head of which any number of labels holds: sigmoid(logit / temperature).
#[derive(Clone, Debug, PartialEq)]
pub struct Head<T> {
    /// The label of each column.
    pub labels: Vec<T>,
    /// What the logits are divided by, greater than 0.
    pub temperature: f32,
    /// A label holds when its probability is at least this; one for each label, 0..=1.
    pub thresholds: Vec<f32>,
}

/// What is wrong with a labels.json.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    /// It is not the JSON that was expected.
    #[error("it cannot be read: {0}")]
    Json(String),
    /// A label that hark does not know.
    #[error("head {head:?} has the label {label:?}, which is none of: {known}")]
    Unknown {
        /// The head.
        head: &'static str,
        /// The label.
        label: String,
        /// The labels that may stand there.
        known: String,
    },
    /// A label of the contract is missing.
    #[error("head {head:?} lacks the label {label:?}")]
    Missing {
        /// The head.
        head: &'static str,
        /// The label.
        label: String,
    },
    /// The same label twice.
    #[error("head {head:?} has the label {label:?} twice")]
    Twice {
        /// The head.
        head: &'static str,
        /// The label.
        label: String,
    },
    /// A number out of range, or too many or few of them.
    #[error("head {head:?}: {problem}")]
    Number {
        /// The head.
        head: &'static str,
        /// What is wrong.
        problem: String,
    },
}

#[derive(Deserialize)]
struct File {
    model: String,
    heads: Heads,
}

#[derive(Deserialize)]
struct Heads {
    sentiment: RawSentiment,
    touchpoints: RawHead,
    intents: RawHead,
    emotions: RawHead,
    expectation: RawHead,
}

#[derive(Deserialize)]
struct RawSentiment {
    labels: Vec<String>,
    temperature: f32,
    uncertain_below: f32,
}

#[derive(Deserialize)]
struct RawHead {
    labels: Vec<String>,
    temperature: f32,
    thresholds: Vec<f32>,
}

impl Labels {
    /// Reads a labels.json and holds it against the contract: the three sentiments, seven
    /// intents, six emotions and three expectations, each once; the sixteen default touchpoints, each once, and
    /// beyond them only such as the taxonomy has. The order is the file's.
    pub fn parse(json: &[u8], taxonomy: &Taxonomy) -> Result<Self, LabelsError> {
        let File { model, heads } =
            serde_json::from_slice(json).map_err(|error| LabelsError::Json(error.to_string()))?;
        let touchpoints: Vec<TouchpointId> = taxonomy
            .iter()
            .map(|touchpoint| touchpoint.id.clone())
            .collect();
        let needed: Vec<TouchpointId> = default_taxonomy()
            .iter()
            .map(|touchpoint| touchpoint.id.clone())
            .collect();
        Ok(Self {
            model: Arc::from(model),
            sentiment: sentiment(heads.sentiment)?,
            touchpoints: head("touchpoints", heads.touchpoints, &touchpoints, &needed)?,
            intents: head("intents", heads.intents, Intent::ALL, Intent::ALL)?,
            emotions: head("emotions", heads.emotions, Emotion::ALL, Emotion::ALL)?,
            expectation: head(
                "expectation",
                heads.expectation,
                Expectation::ALL,
                Expectation::ALL,
            )?,
            own: Vec::new(),
        })
    }

    /// The columns of each head, by its name in the model.
    pub fn columns(&self) -> [(&'static str, usize); 5] {
        [
            ("sentiment", self.sentiment.labels.len()),
            ("touchpoints", self.touchpoints.labels.len()),
            ("intents", self.intents.labels.len()),
            ("emotions", self.emotions.labels.len()),
            ("expectation", self.expectation.labels.len()),
        ]
    }
}

fn sentiment(raw: RawSentiment) -> Result<SentimentHead, LabelsError> {
    const HEAD: &str = "sentiment";
    let labels = resolve(HEAD, &raw.labels, &Sentiment::ALL, &Sentiment::ALL)?;
    let labels = labels.try_into().map_err(|_| LabelsError::Number {
        head: HEAD,
        problem: "it needs three labels".to_owned(),
    })?;
    Ok(SentimentHead {
        labels,
        temperature: temperature(HEAD, raw.temperature)?,
        uncertain_below: probability(HEAD, "uncertain_below", raw.uncertain_below)?,
    })
}

fn head<T: Clone + PartialEq + ToString>(
    name: &'static str,
    raw: RawHead,
    known: &[T],
    needed: &[T],
) -> Result<Head<T>, LabelsError> {
    let labels = resolve(name, &raw.labels, known, needed)?;
    if raw.thresholds.len() != labels.len() {
        let (found, labels) = (raw.thresholds.len(), labels.len());
        let problem = format!("{found} thresholds for {labels} labels");
        return Err(LabelsError::Number {
            head: name,
            problem,
        });
    }
    for threshold in &raw.thresholds {
        probability(name, "a threshold", *threshold)?;
    }
    let temperature = temperature(name, raw.temperature)?;
    Ok(Head {
        labels,
        temperature,
        thresholds: raw.thresholds,
    })
}

fn resolve<T: Clone + PartialEq + ToString>(
    head: &'static str,
    ids: &[String],
    known: &[T],
    needed: &[T],
) -> Result<Vec<T>, LabelsError> {
    let mut labels: Vec<T> = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(label) = known.iter().find(|label| label.to_string() == *id) else {
            let known = known
                .iter()
                .map(T::to_string)
                .collect::<Vec<_>>()
                .join(", ");
            return Err(LabelsError::Unknown {
                head,
                label: id.clone(),
                known,
            });
        };
        if labels.contains(label) {
            return Err(LabelsError::Twice {
                head,
                label: id.clone(),
            });
        }
        labels.push(label.clone());
    }
    match needed.iter().find(|label| !labels.contains(label)) {
        Some(label) => Err(LabelsError::Missing {
            head,
            label: label.to_string(),
        }),
        None => Ok(labels),
    }
}

fn temperature(head: &'static str, value: f32) -> Result<f32, LabelsError> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    let problem = format!("the temperature {value} is not greater than 0");
    Err(LabelsError::Number { head, problem })
}

fn probability(head: &'static str, what: &str, value: f32) -> Result<f32, LabelsError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(value);
    }
    Err(LabelsError::Number {
        head,
        problem: format!("{what} is {value}, not from 0 to 1"),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::{Value, json};

    /// A labels.json as the contract has it.
    pub(crate) fn contract() -> Value {
        let ids: Vec<_> = default_taxonomy()
            .iter()
            .map(|t| t.id.to_string())
            .collect();
        let intents: Vec<_> = Intent::ALL.iter().map(|i| i.as_str()).collect();
        let emotions: Vec<_> = Emotion::ALL.iter().map(|e| e.as_str()).collect();
        let expectation: Vec<_> = Expectation::ALL.iter().map(|e| e.as_str()).collect();
        json!({"model": "test-1", "heads": {
            "sentiment": {"labels": ["negative", "neutral", "positive"], "temperature": 1.0,
                          "uncertain_below": 0.5},
            "touchpoints": {"labels": ids, "temperature": 1.0, "thresholds": vec![0.5; 16]},
            "intents": {"labels": intents, "temperature": 2.0, "thresholds": vec![0.5; 7]},
            "emotions": {"labels": emotions, "temperature": 1.0, "thresholds": vec![0.5; 6]},
            "expectation": {"labels": expectation, "temperature": 1.0, "thresholds": vec![0.5; 3]},
        }})
    }

    pub(crate) fn labels() -> Labels {
        parse(&contract()).unwrap()
    }

    fn parse(json: &Value) -> Result<Labels, LabelsError> {
        Labels::parse(json.to_string().as_bytes(), &default_taxonomy())
    }

    fn error_with(change: impl FnOnce(&mut Value)) -> String {
        let mut json = contract();
        change(&mut json["heads"]);
        parse(&json).unwrap_err().to_string()
    }

    #[test]
    fn the_order_of_the_file_is_kept() {
        let mut json = contract();
        json["heads"]["sentiment"]["labels"] = json!(["positive", "negative", "neutral"]);
        let labels = parse(&json).unwrap();
        assert_eq!(
            labels.sentiment.labels,
            [Sentiment::Positive, Sentiment::Negative, Sentiment::Neutral]
        );
        assert_eq!(&*labels.model, "test-1");
    }

    #[test]
    fn an_unknown_label_is_named_with_those_that_may_stand_there() {
        let error = error_with(|heads| heads["intents"]["labels"][0] = json!("complain"));
        assert!(
            error.contains("\"complain\"") && error.contains("complaint, question"),
            "{error}"
        );
    }

    #[test]
    fn a_missing_and_a_repeated_label_are_named() {
        let error = error_with(|heads| {
            heads["emotions"]["labels"].as_array_mut().unwrap().pop();
        });
        assert_eq!(error, "head \"emotions\" lacks the label \"surprise\"");
        let error = error_with(|heads| heads["touchpoints"]["labels"][1] = json!("advertising"));
        assert_eq!(
            error,
            "head \"touchpoints\" has the label \"advertising\" twice"
        );
    }

    #[test]
    fn a_touchpoint_beyond_the_sixteen_needs_to_be_configured() {
        let mut json = contract();
        json["heads"]["touchpoints"]["labels"]
            .as_array_mut()
            .unwrap()
            .push(json!("lounge"));
        json["heads"]["touchpoints"]["thresholds"]
            .as_array_mut()
            .unwrap()
            .push(json!(0.5));
        assert!(matches!(parse(&json), Err(LabelsError::Unknown { .. })));
        let mut lounge = default_taxonomy().iter().next().unwrap().clone();
        lounge.id = "lounge".into();
        let taxonomy = Taxonomy::new(default_taxonomy().iter().cloned().chain([lounge]));
        let labels = Labels::parse(json.to_string().as_bytes(), &taxonomy).unwrap();
        assert_eq!(labels.touchpoints.labels.len(), 17);
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        for (path, value) in [
            ("/sentiment/temperature", json!(0.0)),
            ("/sentiment/uncertain_below", json!(1.5)),
            ("/intents/thresholds/0", json!(-0.1)),
            ("/emotions/thresholds", json!([0.5])),
        ] {
            let error = error_with(|heads| *heads.pointer_mut(path).unwrap() = value);
            assert!(error.starts_with("head "), "{path}: {error}");
        }
    }
}
