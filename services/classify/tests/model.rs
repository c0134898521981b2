//! The shipped model, through the real engine.

// Helpers of tests are tests too, which clippy cannot know.
#![allow(clippy::unwrap_used)]

mod common;

use common::built_in;
use hark_classify::{Classifier, Config, Judgement, Metrics, Request, TokenBatch};
use hark_model::Sentiment;

const TEXTS: [&str; 12] = [
    "@Skylark lost my bag and nobody answers the phone. Worst airline ever, never again.",
    "Thank you @Skylark, the crew was wonderful and we landed early! 😍",
    "Does Skylark fly to Oslo on Sundays?",
    "ok",
    "Skylark flight 12 departs from gate B4.",
    "The app crashes every time I try to pay, third time this week. Fix it!",
    "Great prices, friendly staff, fast delivery. I recommend it to everyone.",
    "They charged my card twice and refuse to refund me. I am leaving for another bank.",
    "It would be nice if the store opened earlier on weekdays",
    "Just landed. https://t.co/abc",
    "I have waited for three weeks for my parcel, support keeps telling me it is on its way, the \
     tracking page shows nothing at all and every agent tells another story, which is a shame for \
     a company that used to be so reliable and so friendly to the people who pay for its service",
    "meh",
];

fn close(a: &Judgement, b: &Judgement, tolerance: f32) -> f32 {
    let scores = |j: &Judgement| {
        let mut all = vec![
            j.sentiment.negative,
            j.sentiment.neutral,
            j.sentiment.positive,
        ];
        all.extend(j.touchpoints.iter().map(|v| v.probability));
        all.extend(j.intents.iter().map(|v| v.probability));
        all.extend(j.emotions.iter().map(|v| v.probability));
        all.extend(j.expectation.iter().map(|v| v.probability));
        all
    };
    let (a, b) = (scores(a), scores(b));
    assert_eq!(a.len(), 35);
    let worst = a
        .iter()
        .zip(&b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(worst <= tolerance, "scores differ by {worst}");
    worst
}

/// The judgements of rows inferred as one batch.
fn in_one_batch(texts: &[&str]) -> Vec<Judgement> {
    let model = built_in();
    let rows: Vec<Vec<i32>> = texts
        .iter()
        .map(|t| model.tokeniser.encode(t).unwrap())
        .collect();
    let batch = TokenBatch::pad(rows.iter().map(|row| &row[..]), model.tokeniser.padding());
    let logits = (model.make)().unwrap().infer(&batch).unwrap();
    let judge = |row| Judgement::from_logits(&logits, row, &model.labels).unwrap();
    (0..texts.len()).map(judge).collect()
}

fn classifier(engines: usize) -> Classifier {
    let config = Config {
        engines,
        ..Config::default()
    };
    Classifier::with_model(&config, built_in(), Metrics::default()).unwrap()
}

#[test]
fn the_neighbours_in_a_batch_do_not_change_a_score() {
    let together = in_one_batch(&TEXTS);
    for (text, judgement) in TEXTS.iter().zip(&together) {
        close(&in_one_batch(&[text])[0], judgement, 1e-3);
    }
}

#[test]
fn the_order_of_the_texts_does_not_change_a_score() {
    let mut sorted = TEXTS;
    sorted.sort_by_key(|text| text.len());
    let (arrived, sorted_judged) = (
        classifier(2).pool().classify(&TEXTS).unwrap(),
        classifier(2).pool().classify(&sorted).unwrap(),
    );
    for (text, judged) in TEXTS.iter().zip(&arrived) {
        let at = sorted.iter().position(|other| other == text).unwrap();
        close(
            judged.as_ref().unwrap(),
            sorted_judged[at].as_ref().unwrap(),
            1e-3,
        );
    }
}

#[test]
fn plain_words_are_judged_as_anyone_would() {
    let request = |text: &str| Request {
        text: text.to_owned(),
        ..Request::default()
    };
    let requests: Vec<_> = TEXTS[..3].iter().map(|text| request(text)).collect();
    let labels: Vec<Sentiment> = classifier(1)
        .classify(&requests)
        .unwrap()
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().sentiment.label())
        .collect();
    assert_eq!(
        labels,
        [Sentiment::Negative, Sentiment::Positive, Sentiment::Neutral]
    );
}

#[test]
fn two_brands_of_one_text_get_opposite_judgements() {
    let text = "Skylark was wonderful, thank you! Northwind lost my bag, what a disgrace.";
    let towards = |target: &str, other: &str| Request {
        text: text.to_owned(),
        target: Some(target.to_owned()),
        others: vec![other.to_owned()],
    };
    let labels: Vec<_> = classifier(1)
        .classify(&[
            towards("skylark", "northwind"),
            towards("northwind", "skylark"),
        ])
        .unwrap()
        .iter()
        .map(|outcome| outcome.as_ref().unwrap().sentiment.label().as_str())
        .collect();
    assert_eq!(labels, ["positive", "negative"]);
}

#[test]
fn a_text_without_a_word_keeps_its_place_among_the_others() {
    let request = |text: &str| Request {
        text: text.to_owned(),
        ..Request::default()
    };
    let outcomes = classifier(1)
        .classify(&[request(TEXTS[0]), request(" \n"), request(TEXTS[1])])
        .unwrap();
    let models: Vec<_> = outcomes
        .iter()
        .map(|outcome| outcome.as_ref().unwrap())
        .map(|judgement| (judgement.sentiment.label(), &*judgement.model == "none"))
        .collect();
    assert_eq!(
        models,
        [
            (Sentiment::Negative, false),
            (Sentiment::Neutral, true),
            (Sentiment::Positive, false)
        ]
    );
}

#[test]
fn the_words_that_carry_a_judgement_are_named_first() {
    let classifier = classifier(1);
    let request = Request {
        text: "We flew with them on Tuesday and the crew was horrible to my mother".to_owned(),
        ..Request::default()
    };
    let judgement = classifier
        .classify(std::slice::from_ref(&request))
        .unwrap()
        .remove(0)
        .unwrap();
    let explanation = classifier.explain(&request, &judgement).unwrap();
    assert_eq!(
        (explanation[0].head, &*explanation[0].label),
        ("sentiment", "negative")
    );
    let strongest = &explanation[0].words[0];
    assert_eq!(&request.text[strongest.at.clone()], "horrible");
    assert!(strongest.effect > 0.05, "{strongest:?}");
}
