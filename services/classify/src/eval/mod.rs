//! Measuring a model on labelled texts.
//!
//! [`Labelled`] reads what should be said, [`Evaluation`] takes what was said, and [`Report`] is
//! the score.

mod choice;
mod labelled;
mod many;
mod measure;
mod report;

pub use labelled::{Labelled, Wanted};
pub use report::{Choice, Interval, Label, Many, Report};

use crate::judge::{Judgement, Verdict};
use choice::Choices;
use hark_model::{Emotion, Expectation, Intent, Sentiment, Taxonomy};
use many::ManyLabels;

/// Collects what was said of labelled texts.
#[derive(Debug)]
pub struct Evaluation {
    model: String,
    texts: usize,
    sentiment: Choices,
    touchpoints: ManyLabels,
    intents: ManyLabels,
    emotions: ManyLabels,
    expectation: Choices,
}

impl Evaluation {
    /// Nothing said yet by this model. The taxonomy names the touchpoints.
    pub fn new(taxonomy: &Taxonomy, model: &str) -> Self {
        let expectations = Expectation::ALL.iter().map(|e| e.as_str());
        Self {
            model: model.to_owned(),
            texts: 0,
            sentiment: Choices::new(Sentiment::ALL),
            touchpoints: ManyLabels::new(taxonomy.iter().map(|t| &t.id)),
            intents: ManyLabels::new(Intent::ALL),
            emotions: ManyLabels::new(Emotion::ALL),
            expectation: Choices::new(expectations.chain(["none"])),
        }
    }

    /// Takes what was said of one text.
    pub fn note(&mut self, truth: &Labelled, said: &Judgement) {
        self.texts += 1;
        if let Some(sentiment) = &truth.sentiment {
            let label = said.sentiment.label();
            let probability = Some(said.sentiment.of(label));
            self.sentiment
                .note(sentiment, label.as_str(), probability, said.uncertain);
        }
        if let Some(wanted) = &truth.touchpoints {
            let known = truth.touchpoints_known.as_deref();
            self.touchpoints
                .note(wanted, known, &flat(&said.touchpoints));
        }
        if let Some(wanted) = &truth.intents {
            let known = truth.intents_known.as_deref();
            self.intents.note(wanted, known, &flat(&said.intents));
        }
        if let Some(wanted) = &truth.emotions {
            let known = truth.emotions_known.as_deref();
            self.emotions.note(wanted, known, &flat(&said.emotions));
        }
        if let Some(expectation) = &truth.expectation {
            let found = Verdict::holding(&said.expectation);
            let label = found.first().map_or("none", |scored| scored.label.as_str());
            self.expectation.note(expectation, label, None, false);
        }
    }

    /// The scores so far.
    pub fn report(&self) -> Report {
        Report {
            model: self.model.clone(),
            texts: self.texts,
            sentiment: self.sentiment.score(),
            touchpoints: self.touchpoints.score(),
            intents: self.intents.score(),
            emotions: self.emotions.score(),
            expectation: self.expectation.score(),
        }
    }
}

fn flat<T: ToString>(verdicts: &[Verdict<T>]) -> Vec<(String, f32, bool)> {
    let flat = |v: &Verdict<T>| (v.label.to_string(), v.probability, v.holds);
    verdicts.iter().map(flat).collect()
}
