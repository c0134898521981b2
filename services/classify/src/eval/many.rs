//! Scores of a head of which any number of labels holds.

use super::labelled::Wanted;
use super::measure::{Hits, calibration_error, interval, mean};
use super::report::{Interval, Label, Many};

/// The answers to a list of yes-or-no questions, text by text.
#[derive(Debug, Default)]
pub(crate) struct ManyLabels {
    labels: Vec<String>,
    rows: Vec<Row>,
    answers: Vec<(f32, bool)>,
}

/// What became of one text's labels: of each, and of all together. With alternatives the two
/// differ: one label of several that will do is right, and the others are not missed.
#[derive(Debug)]
struct Row {
    each: Vec<Hits>,
    all: Hits,
}

impl ManyLabels {
    pub(crate) fn new<T: ToString>(labels: impl IntoIterator<Item = T>) -> Self {
        Self {
            labels: labels.into_iter().map(|label| label.to_string()).collect(),
            rows: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Takes one text: what holds, which labels are scored (by default all), and of every label of
    /// the head its probability and whether it was said.
    pub(crate) fn note(
        &mut self,
        wanted: &[Wanted],
        known: Option<&[String]>,
        said: &[(String, f32, bool)],
    ) {
        let was_said = |id: &String| said.iter().any(|(label, _, holds)| label == id && *holds);
        let mut row = Row {
            each: vec![Hits::default(); self.labels.len()],
            all: Hits::default(),
        };
        let mut questions: Vec<&[String]> = wanted.iter().map(Wanted::ids).collect();
        questions.sort_unstable();
        questions.dedup();
        for ids in &questions {
            if ids.iter().any(was_said) {
                row.all.right += 1.0;
            } else {
                row.all.missed += 1.0;
                if let Some(first) = self.labels.iter().position(|label| *label == ids[0]) {
                    row.each[first].missed += 1.0;
                }
            }
        }
        for (place, label) in self.labels.iter().enumerate() {
            if known.is_some_and(|known| !known.contains(label)) {
                continue;
            }
            let holds = questions.iter().any(|ids| ids.contains(label));
            let Some((_, probability, said)) = said.iter().find(|(id, _, _)| id == label) else {
                continue;
            };
            self.answers.push((*probability, holds));
            match (said, holds) {
                (true, true) => row.each[place].right += 1.0,
                (true, false) => {
                    row.each[place].wrong += 1.0;
                    row.all.wrong += 1.0;
                }
                (false, _) => {}
            }
        }
        self.rows.push(row);
    }

    /// The scores; `None` when nothing was asked.
    pub(crate) fn score(&self) -> Option<Many> {
        let texts = self.rows.len();
        if texts == 0 {
            return None;
        }
        let every: Vec<usize> = (0..texts).collect();
        let all = self.all(&every);
        let between = |measure: &dyn Fn(&[usize]) -> f64| Interval::of(interval(texts, measure));
        let each = self.each(&every);
        let label = |(name, hits): (&String, &Hits)| (name.clone(), Label::of(*hits));
        Some(Many {
            texts,
            micro_f1: all.f1(),
            micro_f1_interval: between(&|sample| self.all(sample).f1()),
            precision: all.precision(),
            recall: all.recall(),
            macro_f1: macro_f1(&each),
            macro_f1_interval: between(&|sample| macro_f1(&self.each(sample))),
            calibration_error: calibration_error(self.answers.iter().copied()),
            labels: self.labels.iter().zip(&each).map(label).collect(),
        })
    }

    fn all(&self, sample: &[usize]) -> Hits {
        let rows = sample.iter().map(|place| self.rows[*place].all);
        rows.fold(Hits::default(), Hits::plus)
    }

    fn each(&self, sample: &[usize]) -> Vec<Hits> {
        let mut sum = vec![Hits::default(); self.labels.len()];
        for place in sample {
            for (sum, hits) in sum.iter_mut().zip(&self.rows[*place].each) {
                *sum = sum.plus(*hits);
            }
        }
        sum
    }
}

/// The mean F1 of the labels that occur.
fn macro_f1(each: &[Hits]) -> f64 {
    mean(
        each.iter()
            .filter(|hits| hits.occurs())
            .map(|hits| hits.f1()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(ids: &[&str]) -> Vec<(String, f32, bool)> {
        let all = ["a", "b", "c"].iter();
        all.map(|id| ((*id).to_owned(), 0.5, ids.contains(id)))
            .collect()
    }

    fn one(id: &str) -> Wanted {
        Wanted::One(id.to_owned())
    }

    #[test]
    fn micro_counts_labels_and_macro_counts_kinds_of_labels() {
        let mut head = ManyLabels::new(["a", "b", "c"]);
        for _ in 0..9 {
            head.note(&[one("a")], None, &said(&["a"]));
        }
        head.note(&[one("b")], None, &said(&["c"]));
        let scores = head.score().unwrap();
        assert!((scores.micro_f1 - 18.0 / 20.0).abs() < 1e-12);
        assert_eq!(
            scores.macro_f1, 0.5,
            "a is perfect, b is never found, c does not occur"
        );
        assert_eq!(scores.labels["c"].precision, 0.0);
    }

    #[test]
    fn any_of_the_alternatives_will_do_and_a_label_nobody_asked_about_is_not_wrong() {
        let mut head = ManyLabels::new(["a", "b", "c"]);
        let either = Wanted::Any(vec!["a".to_owned(), "b".to_owned()]);
        let known = ["a".to_owned(), "b".to_owned()];
        head.note(&[either.clone(), either], Some(&known), &said(&["b", "c"]));
        let scores = head.score().unwrap();
        assert_eq!((scores.precision, scores.recall), (1.0, 1.0));
    }
}
