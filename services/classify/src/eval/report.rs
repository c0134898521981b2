//! What a classifier is worth on labelled texts.

use super::measure::Hits;
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// Scores of every head that was labelled; all shares are 0..=1.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The model and its version.
    pub model: String,
    /// Labelled texts.
    pub texts: usize,
    /// The sentiment head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sentiment: Option<Choice>,
    /// The touchpoints head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub touchpoints: Option<Many>,
    /// The intents head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intents: Option<Many>,
    /// The emotions head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emotions: Option<Many>,
    /// The expectation head, `none` being a label of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expectation: Option<Choice>,
}

/// Scores of a head of which one label holds.
#[derive(Clone, Debug, Serialize)]
pub struct Choice {
    /// Texts that were labelled in this head.
    pub texts: usize,
    /// The share that was right.
    pub accuracy: f64,
    /// Its 95 % interval.
    pub accuracy_interval: Interval,
    /// The mean of the labels' recalls.
    pub macro_recall: f64,
    /// Its 95 % interval.
    pub macro_recall_interval: Interval,
    /// The mean of the labels' F1.
    pub macro_f1: f64,
    /// Its 95 % interval.
    pub macro_f1_interval: Interval,
    /// Expected calibration error of what was said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration_error: Option<f64>,
    /// The share that was said to be uncertain.
    pub uncertain: f64,
    /// The share of the others that was right.
    pub accuracy_when_certain: f64,
    /// Scores of each label.
    pub labels: BTreeMap<String, Label>,
    /// For each true label how often each label was said.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
}

/// Scores of a head of which any number of labels holds.
#[derive(Clone, Debug, Serialize)]
pub struct Many {
    /// Texts that were labelled in this head.
    pub texts: usize,
    /// F1 over all labels together.
    pub micro_f1: f64,
    /// Its 95 % interval.
    pub micro_f1_interval: Interval,
    /// Of the labels that were said, the share that holds.
    pub precision: f64,
    /// Of the labels that hold, the share that was said.
    pub recall: f64,
    /// The mean F1 of the labels that occur.
    pub macro_f1: f64,
    /// Its 95 % interval.
    pub macro_f1_interval: Interval,
    /// Expected calibration error of every yes and no.
    pub calibration_error: f64,
    /// Scores of each label.
    pub labels: BTreeMap<String, Label>,
}

/// Scores of one label.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Label {
    /// Texts that carry it.
    pub texts: usize,
    /// Of the times it was said, the share in which it holds.
    pub precision: f64,
    /// Of the times it holds, the share in which it was said.
    pub recall: f64,
    /// The harmonic mean of the two.
    pub f1: f64,
}

/// The middle 95 % of what other samples of as many texts would give.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl Label {
    pub(crate) fn of(hits: Hits) -> Self {
        Self {
            texts: (hits.right + hits.missed) as usize,
            precision: hits.precision(),
            recall: hits.recall(),
            f1: hits.f1(),
        }
    }
}

impl Interval {
    pub(crate) fn of(range: Range<f64>) -> Self {
        Self {
            low: range.start,
            high: range.end,
        }
    }
}
