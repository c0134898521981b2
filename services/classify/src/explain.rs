//! Which words carry a judgement.
//!
//! Each word is left out in turn and the text judged again (occlusion: Zeiler and Fergus,
//! "Visualizing and Understanding Convolutional Networks", 2014): what a label loses without a
//! word is the word's effect. It shows what moved the model, not why, and words that only work
//! together ("not", "bad") each seem to do what both do.

use crate::classifier::{Classifier, Request};
use crate::judge::{Judgement, Verdict};
use crate::pool::PoolError;
use std::ops::Range;

/// A label that was said, and the words that speak for or against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The head, as the model names it.
    pub head: &'static str,
    /// The label's id.
    pub label: String,
    /// Words that matter, the strongest first.
    pub words: Vec<Influence>,
}

/// What a word does for a label.
#[derive(Clone, Debug, PartialEq)]
pub struct Influence {
    /// Where the word stands in the text, in bytes.
    pub at: Range<usize>,
    /// How much of the label's probability goes with the word, −1..=1; less than 0 where the word
    /// speaks against the label.
    pub effect: f32,
}

/// An effect below this is noise.
const LEAST: f32 = 0.02;
/// More words than this explain nothing.
const MOST: usize = 5;

impl Classifier {
    /// The words that carry a text's judgement: first for its sentiment, then for every other label
    /// that holds. Costs one inference a word.
    pub fn explain(
        &self,
        request: &Request,
        judgement: &Judgement,
    ) -> Result<Vec<Explained>, PoolError> {
        let words = words(&request.text);
        let without = |at: &Range<usize>| Request {
            text: format!("{} {}", &request.text[..at.start], &request.text[at.end..]),
            ..request.clone()
        };
        let requests: Vec<Request> = words.iter().map(without).collect();
        let outcomes = self.classify(&requests)?;
        let explained = said(judgement).into_iter().map(|(head, label, before)| {
            let mut influences: Vec<Influence> = words
                .iter()
                .zip(&outcomes)
                .filter_map(|(at, outcome)| {
                    let after = probability(outcome.as_ref().ok()?, head, &label)?;
                    let effect = before - after;
                    (effect.abs() >= LEAST).then(|| Influence {
                        at: at.clone(),
                        effect,
                    })
                })
                .collect();
            influences.sort_by(|a, b| b.effect.abs().total_cmp(&a.effect.abs()));
            influences.truncate(MOST);
            Explained {
                head,
                label,
                words: influences,
            }
        });
        Ok(explained.collect())
    }
}

/// Where the words stand, without the punctuation round them.
fn words(text: &str) -> Vec<Range<usize>> {
    let word = |word: &str| {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation() && !"@#".contains(c));
        if bare.is_empty() {
            return start..start + word.len();
        }
        let start = bare.as_ptr() as usize - text.as_ptr() as usize;
        start..start + bare.len()
    };
    text.split_whitespace().map(word).collect()
}

/// Every label that was said, with its probability.
fn said(judgement: &Judgement) -> Vec<(&'static str, String, f32)> {
    let sentiment = judgement.sentiment;
    let mut said = vec![(
        "sentiment",
        sentiment.label().to_string(),
        sentiment.of(sentiment.label()),
    )];
    let mut add = |head: &'static str, labels: Vec<(String, f32)>| {
        said.extend(labels.into_iter().map(|(label, p)| (head, label, p)));
    };
    add("touchpoints", holding(&judgement.touchpoints));
    add("intents", holding(&judgement.intents));
    add("emotions", holding(&judgement.emotions));
    add(
        "expectation",
        holding(&judgement.expectation)
            .into_iter()
            .take(1)
            .collect(),
    );
    said
}

fn holding<T: Clone + ToString>(verdicts: &[Verdict<T>]) -> Vec<(String, f32)> {
    let scored = Verdict::holding(verdicts).into_iter();
    scored
        .map(|s| (s.label.to_string(), s.probability))
        .collect()
}

/// The probability of one label in another judgement.
fn probability(judgement: &Judgement, head: &str, label: &str) -> Option<f32> {
    fn of<T: ToString>(verdicts: &[Verdict<T>], label: &str) -> Option<f32> {
        let found = verdicts.iter().find(|v| v.label.to_string() == label);
        found.map(|verdict| verdict.probability)
    }
    match head {
        "sentiment" => hark_model::Sentiment::ALL
            .into_iter()
            .find(|sentiment| sentiment.as_str() == label)
            .map(|sentiment| judgement.sentiment.of(sentiment)),
        "touchpoints" => of(&judgement.touchpoints, label),
        "intents" => of(&judgement.intents, label),
        "emotions" => of(&judgement.emotions, label),
        "expectation" => of(&judgement.expectation, label),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_without_their_punctuation_but_with_handle_and_hashtag() {
        let text = "“so” (bad), @Skylark: ... #never!";
        let found: Vec<&str> = words(text).into_iter().map(|at| &text[at]).collect();
        assert_eq!(found, ["“so”", "bad", "@Skylark", "...", "#never"]);
    }
}
