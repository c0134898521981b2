//! From raw logits to what hark says.

use crate::backend::Logits;
use crate::labels::{Head, Labels, SentimentHead};
use hark_model::{
    Emotion, Expectation, Intent, Rating, Scored, Sentiment, SentimentScores, TouchpointId,
};
use std::sync::Arc;

/// Everything the model says of one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Probability of each sentiment.
    pub sentiment: SentimentScores,
    /// The best probability is too low to act upon; the label stays the most probable one.
    pub uncertain: bool,
    /// Every touchpoint, in the order of the model's head, then those that were learnt.
    pub touchpoints: Vec<Verdict<TouchpointId>>,
    /// Every intent, in the order of the model's head.
    pub intents: Vec<Verdict<Intent>>,
    /// Every emotion, in the order of the model's head.
    pub emotions: Vec<Verdict<Emotion>>,
    /// Every expectation, in the order of the model's head; the most probable that holds counts.
    pub expectation: Vec<Verdict<Expectation>>,
    /// Who judged: the model and its version, `rating`, or `none`.
    pub model: Arc<str>,
}

/// A label's probability, and whether that is enough.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict<T> {
    /// The label.
    pub label: T,
    /// Calibrated probability, 0..=1.
    pub probability: f32,
    /// The probability reaches the label's threshold.
    pub holds: bool,
}

impl<T: Clone> Verdict<T> {
    /// The labels that hold, most probable first; equals keep the order of the head.
    pub fn holding(verdicts: &[Self]) -> Vec<Scored<T>> {
        let mut scored: Vec<_> = verdicts
            .iter()
            .filter(|verdict| verdict.holds)
            .map(|verdict| Scored {
                label: verdict.label.clone(),
                probability: verdict.probability,
            })
            .collect();
        scored.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        scored
    }
}

impl Judgement {
    /// The judgement of row `row`. An error when the model gave numbers that are none.
    pub fn from_logits(logits: &Logits, row: usize, labels: &Labels) -> Result<Self, NotANumber> {
        let sentiment = sentiment(logits.sentiment.row(row), &labels.sentiment)?;
        let mut touchpoints = verdicts(logits.touchpoints.row(row), &labels.touchpoints)?;
        if let Some(embedding) = logits.embedding.as_ref().filter(|_| !labels.own.is_empty()) {
            let embedding = embedding.row(row);
            finite(embedding)?;
            touchpoints.extend(labels.own.iter().map(|own| {
                let probability = own.probability(embedding);
                Verdict {
                    label: own.id.clone(),
                    probability,
                    holds: probability >= 0.5,
                }
            }));
        }
        Ok(Self {
            uncertain: sentiment.confidence() < labels.sentiment.uncertain_below,
            sentiment,
            touchpoints,
            intents: verdicts(logits.intents.row(row), &labels.intents)?,
            emotions: verdicts(logits.emotions.row(row), &labels.emotions)?,
            expectation: verdicts(logits.expectation.row(row), &labels.expectation)?,
            model: Arc::clone(&labels.model),
        })
    }

    /// What can be said of an item without a word, which no model is asked about.
    ///
    /// A rating speaks for its author: its lowest third is negative, its highest third positive,
    /// the rest neutral (of five stars: 1–2, 3, 4–5), each with a probability of 0.9, for a score
    /// is now and then given in error or by habit. Without a rating nothing is known: neutral,
    /// and uncertain.
    pub fn of_no_text(rating: Option<Rating>) -> Self {
        let Some(share) = rating.and_then(share_of_scale) else {
            return Self::without_labels(
                SentimentScores {
                    negative: 0.0,
                    neutral: 1.0,
                    positive: 0.0,
                },
                true,
                "none",
            );
        };
        let (likely, unlikely) = (0.9, 0.05);
        let mut scores = SentimentScores {
            negative: unlikely,
            neutral: unlikely,
            positive: unlikely,
        };
        // The thirds are inclusive, with room for what 1/3 loses in binary.
        const THIRD: f64 = 1.0 / 3.0 + 1e-9;
        if share <= THIRD {
            scores.negative = likely;
        } else if share >= 1.0 - THIRD {
            scores.positive = likely;
        } else {
            scores.neutral = likely;
        }
        Self::without_labels(scores, false, "rating")
    }

    fn without_labels(sentiment: SentimentScores, uncertain: bool, model: &str) -> Self {
        Self {
            sentiment,
            uncertain,
            touchpoints: Vec::new(),
            intents: Vec::new(),
            emotions: Vec::new(),
            expectation: Vec::new(),
            model: Arc::from(model),
        }
    }
}

/// The model gave a logit that is infinite or not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model gave a score that is not a number")]
pub struct NotANumber;

/// Where on its scale a rating lies, 0..=1; `None` when the scale is none.
fn share_of_scale(rating: Rating) -> Option<f64> {
    let share = (rating.value - rating.min) / (rating.max - rating.min);
    (rating.max > rating.min && share.is_finite()).then(|| share.clamp(0.0, 1.0))
}

/// softmax(logits / temperature), computed from the greatest logit so that nothing overflows.
fn sentiment(logits: &[f32], head: &SentimentHead) -> Result<SentimentScores, NotANumber> {
    finite(logits)?;
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = [0, 1, 2].map(|i| ((logits[i] - greatest) / head.temperature).exp());
    let sum: f32 = powers.iter().sum();
    let mut scores = SentimentScores::default();
    for (label, power) in head.labels.iter().zip(powers) {
        match label {
            Sentiment::Negative => scores.negative = power / sum,
            Sentiment::Neutral => scores.neutral = power / sum,
            Sentiment::Positive => scores.positive = power / sum,
        }
    }
    Ok(scores)
}

/// sigmoid(logit / temperature) of each column.
fn verdicts<T: Clone>(logits: &[f32], head: &Head<T>) -> Result<Vec<Verdict<T>>, NotANumber> {
    finite(logits)?;
    let columns = head.labels.iter().zip(&head.thresholds).zip(logits);
    Ok(columns
        .map(|((label, threshold), logit)| {
            let probability = 1.0 / (1.0 + (-logit / head.temperature).exp());
            Verdict {
                label: label.clone(),
                probability,
                holds: probability >= *threshold,
            }
        })
        .collect())
}

fn finite(logits: &[f32]) -> Result<(), NotANumber> {
    if logits.iter().all(|logit| logit.is_finite()) {
        Ok(())
    } else {
        Err(NotANumber)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Matrix;
    use crate::labels::tests::labels;
    use proptest::prelude::*;

    fn logits(sentiment: [f32; 3], intents: [f32; 7]) -> Logits {
        Logits {
            sentiment: Matrix::new(3, sentiment.to_vec()).unwrap(),
            touchpoints: Matrix::new(16, vec![-1.0; 16]).unwrap(),
            intents: Matrix::new(7, intents.to_vec()).unwrap(),
            emotions: Matrix::new(6, vec![-1.0; 6]).unwrap(),
            expectation: Matrix::new(3, vec![-1.0; 3]).unwrap(),
            embedding: None,
        }
    }

    #[test]
    fn a_label_holds_from_its_threshold_on_and_the_most_probable_comes_first() {
        let scores = logits([2.0, 0.0, 0.0], [0.0, -0.1, 3.0, 1.0, -5.0, -5.0, -5.0]);
        let judgement = Judgement::from_logits(&scores, 0, &labels()).unwrap();
        let holding = Verdict::holding(&judgement.intents);
        let ids: Vec<_> = holding.iter().map(|scored| scored.label).collect();
        assert_eq!(ids, [Intent::Praise, Intent::Suggestion, Intent::Complaint]);
        // The temperature of this head is 2.
        let expected = 1.0 / (1.0 + (-1.5_f32).exp());
        assert!((holding[0].probability - expected).abs() < 1e-6);
        assert!(Verdict::holding(&judgement.touchpoints).is_empty());
        assert_eq!(judgement.touchpoints.len(), 16);
    }

    #[test]
    fn a_flat_sentiment_is_uncertain_and_a_clear_one_is_not() {
        let uncertain = |logits: Logits| {
            Judgement::from_logits(&logits, 0, &labels())
                .unwrap()
                .uncertain
        };
        assert!(uncertain(logits([0.1, 0.0, 0.0], [0.0; 7])));
        assert!(!uncertain(logits([3.0, 0.0, 0.0], [0.0; 7])));
    }

    #[test]
    fn a_score_that_is_not_a_number_is_an_error() {
        let broken = logits([f32::NAN, 0.0, 0.0], [0.0; 7]);
        assert_eq!(
            Judgement::from_logits(&broken, 0, &labels()),
            Err(NotANumber)
        );
    }

    #[test]
    fn stars_without_a_word_are_read_by_thirds() {
        let label = |value, min, max| {
            Judgement::of_no_text(Some(Rating { value, min, max }))
                .sentiment
                .label()
        };
        let of_five = [1.0, 2.0, 3.0, 4.0, 5.0].map(|stars| label(stars, 1.0, 5.0).as_str());
        assert_eq!(
            of_five,
            ["negative", "negative", "neutral", "positive", "positive"]
        );
        // The borders belong to the outer thirds.
        assert_eq!(label(1.0, 0.0, 3.0), Sentiment::Negative);
        assert_eq!(label(2.0, 0.0, 3.0), Sentiment::Positive);
        assert_eq!(
            &*Judgement::of_no_text(Some(Rating {
                value: 1.0,
                min: 1.0,
                max: 5.0
            }))
            .model,
            "rating"
        );
    }

    #[test]
    fn nothing_said_is_neutral_and_uncertain() {
        for rating in [
            None,
            Some(Rating {
                value: 3.0,
                min: 5.0,
                max: 5.0,
            }),
        ] {
            let judgement = Judgement::of_no_text(rating);
            assert_eq!(judgement.sentiment.label(), Sentiment::Neutral);
            assert!(judgement.uncertain);
            assert_eq!(&*judgement.model, "none");
        }
    }

    proptest! {
        #[test]
        fn sentiment_probabilities_sum_to_one(values in prop::array::uniform3(-200.0_f32..200.0)) {
            let judgement = Judgement::from_logits(&logits(values, [0.0; 7]), 0, &labels()).unwrap();
            let scores = judgement.sentiment;
            prop_assert!((scores.negative + scores.neutral + scores.positive - 1.0).abs() < 1e-5);
        }
    }
}
