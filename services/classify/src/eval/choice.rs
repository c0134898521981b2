//! Scores of a head of which one label holds.

use super::measure::{Hits, calibration_error, interval, mean, share};
use super::report::{Choice, Interval, Label};
use std::collections::BTreeMap;

/// The answers to one question with several possible answers, text by text.
#[derive(Debug, Default)]
pub(crate) struct Choices {
    labels: Vec<String>,
    rows: Vec<Row>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    truth: usize,
    said: usize,
    /// Of what was said.
    probability: Option<f32>,
    uncertain: bool,
}

impl Choices {
    pub(crate) fn new<T: ToString>(labels: impl IntoIterator<Item = T>) -> Self {
        Self {
            labels: labels.into_iter().map(|label| label.to_string()).collect(),
            rows: Vec::new(),
        }
    }

    /// Takes one answer, both labels being ones of the head.
    pub(crate) fn note(
        &mut self,
        truth: &str,
        said: &str,
        probability: Option<f32>,
        uncertain: bool,
    ) {
        let place = |label: &str| self.labels.iter().position(|known| known == label);
        if let (Some(truth), Some(said)) = (place(truth), place(said)) {
            self.rows.push(Row {
                truth,
                said,
                probability,
                uncertain,
            });
        }
    }

    /// The scores; `None` when nothing was asked.
    pub(crate) fn score(&self) -> Option<Choice> {
        let texts = self.rows.len();
        let every: Vec<usize> = (0..texts).collect();
        let [accuracy, macro_recall, macro_f1] = self.measure(&every)?;
        let hits = self.hits(&every);
        let certain = self.rows.iter().filter(|row| !row.uncertain);
        let (right, certain) = certain.fold((0.0, 0.0), |(right, all), row| {
            (
                right + f64::from(u8::from(row.said == row.truth)),
                all + 1.0,
            )
        });
        let between = |which: usize| {
            let measure = |sample: &[usize]| self.measure(sample).map_or(0.0, |all| all[which]);
            Interval::of(interval(texts, measure))
        };
        let calibrated = self
            .rows
            .iter()
            .filter_map(|row| Some((row.probability?, row.said == row.truth)));
        let calibrated: Vec<_> = calibrated.collect();
        let label = |(name, hits): (&String, &Hits)| (name.clone(), Label::of(*hits));
        Some(Choice {
            texts,
            accuracy,
            accuracy_interval: between(0),
            macro_recall,
            macro_recall_interval: between(1),
            macro_f1,
            macro_f1_interval: between(2),
            calibration_error: (!calibrated.is_empty())
                .then(|| calibration_error(calibrated.into_iter())),
            uncertain: 1.0 - share(certain, texts as f64),
            accuracy_when_certain: share(right, certain),
            labels: self.labels.iter().zip(&hits).map(label).collect(),
            confusion: self.confusion(),
        })
    }

    /// Accuracy, macro-recall and macro-F1 of a sample; `None` of an empty one.
    fn measure(&self, sample: &[usize]) -> Option<[f64; 3]> {
        let hits = self.hits(sample);
        let right: f64 = hits.iter().map(|hits| hits.right).sum();
        let occurring = || hits.iter().filter(|hits| hits.occurs());
        (!sample.is_empty()).then(|| {
            [
                right / sample.len() as f64,
                mean(occurring().map(|hits| hits.recall())),
                mean(occurring().map(|hits| hits.f1())),
            ]
        })
    }

    fn hits(&self, sample: &[usize]) -> Vec<Hits> {
        let mut hits = vec![Hits::default(); self.labels.len()];
        for row in sample.iter().map(|place| self.rows[*place]) {
            if row.said == row.truth {
                hits[row.truth].right += 1.0;
            } else {
                hits[row.said].wrong += 1.0;
                hits[row.truth].missed += 1.0;
            }
        }
        hits
    }

    /// For each true label how often each label was said.
    fn confusion(&self) -> BTreeMap<String, BTreeMap<String, usize>> {
        let said_of = |truth: usize| {
            let count = |said: usize| {
                let same = |row: &&Row| row.truth == truth && row.said == said;
                self.rows.iter().filter(same).count()
            };
            let labels = self.labels.iter().enumerate();
            labels
                .map(|(said, label)| (label.clone(), count(said)))
                .collect()
        };
        let labels = self.labels.iter().enumerate();
        labels
            .map(|(truth, label)| (label.clone(), said_of(truth)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macro_measures_count_every_label_alike() {
        let mut choices = Choices::new(["a", "b", "c"]);
        for _ in 0..8 {
            choices.note("a", "a", Some(0.9), false);
        }
        choices.note("b", "a", Some(0.6), true);
        choices.note("b", "b", Some(0.9), false);
        let scores = choices.score().unwrap();
        assert_eq!(scores.accuracy, 0.9);
        assert_eq!(scores.macro_recall, 0.75, "c does not occur");
        let f1_of_a = 16.0 / 17.0;
        assert!((scores.macro_f1 - (f1_of_a + 2.0 / 3.0) / 2.0).abs() < 1e-12);
        assert!((scores.uncertain - 0.1).abs() < 1e-12);
        assert_eq!(scores.accuracy_when_certain, 1.0);
        assert_eq!(scores.confusion["b"]["a"], 1);
        assert!(Choices::new(["a"]).score().is_none());
    }
}
