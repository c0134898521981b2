//! Texts of which it is known what should be said of them: JSON lines.

use crate::classifier::Request;
use hark_model::{Emotion, Expectation, Intent, Sentiment, Taxonomy};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// One labelled text. A head that is absent is not scored.
#[derive(Clone, Debug, Deserialize)]
pub struct Labelled {
    /// The text.
    pub text: String,
    /// The brand it is read towards.
    pub target: Option<String>,
    /// Other brands it names.
    #[serde(default)]
    pub others: Vec<String>,
    /// The sentiment towards the target.
    pub sentiment: Option<String>,
    /// The touchpoints that hold.
    pub touchpoints: Option<Vec<Wanted>>,
    /// The touchpoints this labelling speaks about; by default all.
    pub touchpoints_known: Option<Vec<String>>,
    /// The intents that hold.
    pub intents: Option<Vec<Wanted>>,
    /// The intents this labelling speaks about; by default all.
    pub intents_known: Option<Vec<String>>,
    /// The emotions that hold.
    pub emotions: Option<Vec<Wanted>>,
    /// The emotions this labelling speaks about; by default all.
    pub emotions_known: Option<Vec<String>>,
    /// `missed`, `met`, `exceeded` or `none`.
    pub expectation: Option<String>,
    /// Whatever else the line has: its id, and what the scores may be split by.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// A label that holds, or several of which any one will do.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Wanted {
    /// This one.
    One(String),
    /// Any of these.
    Any(Vec<String>),
}

impl Wanted {
    /// The ids that will do.
    pub fn ids(&self) -> &[String] {
        match self {
            Self::One(id) => std::slice::from_ref(id),
            Self::Any(ids) => ids,
        }
    }
}

impl Labelled {
    /// Reads a line. The error says what is wrong with it and what may stand there.
    pub fn parse(line: &str, taxonomy: &Taxonomy) -> Result<Self, String> {
        let read: Self = serde_json::from_str(line).map_err(|error| error.to_string())?;
        let touchpoints: Vec<&str> = taxonomy.iter().map(|t| t.id.as_str()).collect();
        let intents: Vec<&str> = Intent::ALL.iter().map(|i| i.as_str()).collect();
        let emotions: Vec<&str> = Emotion::ALL.iter().map(|e| e.as_str()).collect();
        let sentiments = Sentiment::ALL.map(Sentiment::as_str);
        let mut expectations: Vec<&str> = Expectation::ALL.iter().map(|e| e.as_str()).collect();
        expectations.push("none");
        one("sentiment", read.sentiment.as_deref(), &sentiments)?;
        one("expectation", read.expectation.as_deref(), &expectations)?;
        for (field, labels, known, ids) in [
            (
                "touchpoints",
                &read.touchpoints,
                &read.touchpoints_known,
                &touchpoints,
            ),
            ("intents", &read.intents, &read.intents_known, &intents),
            ("emotions", &read.emotions, &read.emotions_known, &emotions),
        ] {
            if labels
                .iter()
                .flatten()
                .any(|wanted| wanted.ids().is_empty())
            {
                return Err(format!("{field}: an empty list of alternatives"));
            }
            let labels = labels.iter().flatten().flat_map(Wanted::ids);
            for id in labels.clone().chain(known.iter().flatten()) {
                one(field, Some(id), ids)?;
            }
            if let Some(known) = known
                && let Some(id) = labels.clone().find(|id| !known.contains(id))
            {
                return Err(format!("{field}: {id:?} holds and is not in {field}_known"));
            }
        }
        let silent = read.sentiment.is_none()
            && read.expectation.is_none()
            && read.touchpoints.is_none()
            && read.intents.is_none()
            && read.emotions.is_none();
        if silent {
            return Err(
                "it has none of sentiment, touchpoints, intents, emotions, expectation".to_owned(),
            );
        }
        Ok(read)
    }

    /// What is to be judged, its text prepared as that of an item is.
    pub fn request(&self, prepare: impl FnOnce(&str) -> String) -> Request {
        Request {
            text: prepare(&self.text),
            target: self.target.clone(),
            others: self.others.clone(),
        }
    }
}

fn one(field: &str, id: Option<&str>, known: &[&str]) -> Result<(), String> {
    match id {
        Some(id) if !known.contains(&id) => {
            Err(format!("{field}: {id:?} is none of {}", known.join(", ")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hark_model::default_taxonomy;

    fn parse(line: &str) -> Result<Labelled, String> {
        Labelled::parse(line, &default_taxonomy())
    }

    #[test]
    fn a_line_may_leave_heads_out_and_offer_alternatives() {
        let line =
            r#"{"text": "late", "touchpoints": [["delivery", "partner"]], "hard": ["polite"]}"#;
        let read = parse(line).unwrap();
        assert_eq!(read.touchpoints.unwrap()[0].ids(), ["delivery", "partner"]);
        assert_eq!(read.sentiment, None);
        assert!(read.rest.contains_key("hard"));
    }

    #[test]
    fn a_label_nobody_knows_is_named_with_those_that_may_stand_there() {
        let error = parse(r#"{"text": "x", "sentiment": "bad"}"#).unwrap_err();
        assert_eq!(
            error,
            "sentiment: \"bad\" is none of negative, neutral, positive"
        );
        let error = parse(r#"{"text": "x", "intents": ["churn", "leave"]}"#).unwrap_err();
        assert!(
            error.starts_with("intents: \"leave\" is none of complaint,"),
            "{error}"
        );
        let error = parse(r#"{"text": "x", "emotions_known": ["rage"]}"#).unwrap_err();
        assert!(error.starts_with("emotions: \"rage\""), "{error}");
    }

    #[test]
    fn labels_that_contradict_themselves_are_refused() {
        let error = parse(r#"{"text": "x", "touchpoints": [[]]}"#).unwrap_err();
        assert_eq!(error, "touchpoints: an empty list of alternatives");
        let line = r#"{"text": "x", "intents": ["churn"], "intents_known": ["praise"]}"#;
        let error = parse(line).unwrap_err();
        assert_eq!(
            error,
            "intents: \"churn\" holds and is not in intents_known"
        );
    }

    #[test]
    fn a_line_without_a_label_is_refused() {
        assert!(
            parse(r#"{"text": "x"}"#)
                .unwrap_err()
                .starts_with("it has none of")
        );
    }
}
