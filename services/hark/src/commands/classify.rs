//! `hark classify`: judge texts.

use crate::cli::ClassifyArgs;
use crate::exit::{Failure, Outcome};
use hark_classify::{Answer, Classifier, Config, Judgement, Metrics, Request, Verdict};
use hark_ingest::text::{LanguageDetector, Limits, TextFormat, prepare};
use hark_model::{Scored, default_taxonomy};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::fmt::Display;
use std::io::{BufRead, Write};

/// One line of `--jsonl`.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    text: String,
    target: Option<String>,
}

/// What goes beside a text while it is judged.
struct Beside {
    id: Value,
    language: Option<&'static str>,
    /// The line could not be read; what is judged in its place is thrown away.
    wrong: Option<String>,
}

pub(crate) fn classify(args: &ClassifyArgs) -> Outcome {
    let config = Config {
        model: args.model.clone(),
        ..Config::default()
    };
    let metrics = Metrics::new(&hark_telemetry::Metrics::new());
    let classifier = Classifier::new(&config, &default_taxonomy(), metrics)
        .map_err(|error| Failure::input(error.to_string()))?;
    let languages = LanguageDetector::new([]);
    match &args.text {
        Some(text) => one(&classifier, languages, args, text),
        None => lines(&classifier, languages, args.all),
    }
}

fn one(
    classifier: &Classifier,
    languages: LanguageDetector,
    args: &ClassifyArgs,
    text: &str,
) -> Outcome {
    let prepared = prepare(text, TextFormat::Plain, &Limits::default());
    let language = languages.detect(&prepared.text);
    let targets = args.target.iter().chain(&args.other).cloned().collect();
    let request = Request {
        text: prepared.text,
        targets,
    };
    let answers = classifier
        .classify(std::slice::from_ref(&request))
        .map_err(|error| Failure::System(error.to_string()))?;
    let answer = answers
        .first()
        .and_then(|answers| answers.first())
        .ok_or_else(|| Failure::System("the classifier gave no answer".to_owned()))?;
    let judgement = judged(answer)?;
    if args.json {
        anstream::println!("{}", value(&Value::Null, judgement, language, args.all));
    } else {
        anstream::print!("{}", for_a_person(judgement, answer, language, args.all));
    }
    Ok(())
}

/// One object in, one object out, in order; a line that cannot be read gets an `error` in its
/// place, and the exit code says so at the end.
fn lines(classifier: &Classifier, languages: LanguageDetector, all: bool) -> Outcome {
    let input = std::io::stdin()
        .lock()
        .lines()
        .enumerate()
        .map(move |(number, line)| {
            let read = line
                .map_err(|error| error.to_string())
                .and_then(|line| serde_json::from_str::<Line>(&line).map_err(|e| e.to_string()));
            match read {
                Ok(Line { id, text, target }) => {
                    let prepared = prepare(&text, TextFormat::Plain, &Limits::default());
                    let beside = Beside {
                        id,
                        language: languages.detect(&prepared.text),
                        wrong: None,
                    };
                    (
                        beside,
                        Request {
                            text: prepared.text,
                            targets: target.into_iter().collect(),
                        },
                    )
                }
                Err(error) => {
                    let wrong = Some(format!("line {}: {error}", number + 1));
                    (
                        Beside {
                            id: Value::Null,
                            language: None,
                            wrong,
                        },
                        Request::default(),
                    )
                }
            }
        });
    // Standard input's lock does not leave its thread: the lines are read on the stream's own.
    let input: Box<dyn Iterator<Item = (Beside, Request)>> = Box::new(input);
    write_answers(classifier, input, all)
}

/// How many texts are judged at once.
const CHUNK: usize = 256;

fn write_answers(
    classifier: &Classifier,
    mut input: Box<dyn Iterator<Item = (Beside, Request)>>,
    all: bool,
) -> Outcome {
    let mut output = std::io::stdout().lock();
    let mut wrong = 0_usize;
    loop {
        let (beside, requests): (Vec<Beside>, Vec<Request>) = input.by_ref().take(CHUNK).unzip();
        if beside.is_empty() {
            break;
        }
        let answers = classifier
            .classify(&requests)
            .map_err(|error| Failure::System(error.to_string()))?;
        for (beside, answers) in beside.into_iter().zip(answers) {
            let line = match (&beside.wrong, answers.first().map(|answer| &answer.outcome)) {
                (None, Some(Ok(judgement))) => value(&beside.id, judgement, beside.language, all),
                (None, _) => {
                    wrong += 1;
                    json!({ "id": beside.id, "error": "no engine could judge this text" })
                }
                (Some(error), _) => {
                    wrong += 1;
                    json!({ "id": beside.id, "error": error })
                }
            };
            writeln!(output, "{line}")?;
        }
        output.flush()?;
    }
    match wrong {
        0 => Ok(()),
        wrong => Err(Failure::input(format!(
            "{wrong} lines could not be judged; see `error` in their place"
        ))),
    }
}

fn judged(answer: &Answer) -> Outcome<&Judgement> {
    match &answer.outcome {
        Ok(judgement) => Ok(judgement),
        Err(error) => Err(Failure::System(error.to_string())),
    }
}

fn value(id: &Value, judgement: &Judgement, language: Option<&str>, all: bool) -> Value {
    let scores = &judgement.sentiment;
    json!({
        "id": id,
        "sentiment": scores.label().as_str(),
        "uncertain": judgement.uncertain,
        "probabilities": {
            "negative": rounded(scores.negative),
            "neutral": rounded(scores.neutral),
            "positive": rounded(scores.positive),
        },
        "touchpoints": labels(&judgement.touchpoints, all),
        "intents": labels(&judgement.intents, all),
        "emotions": labels(&judgement.emotions, all),
        "language": language,
        "model": &*judgement.model,
    })
}

fn labels<T: Clone + Display>(verdicts: &[Verdict<T>], all: bool) -> Vec<Value> {
    let scored = |label: &T, probability: f32| json!({ "id": label.to_string(), "probability": rounded(probability) });
    if all {
        return verdicts
            .iter()
            .map(|v| scored(&v.label, v.probability))
            .collect();
    }
    let holding: Vec<Scored<T>> = Verdict::holding(verdicts);
    holding
        .iter()
        .map(|s| scored(&s.label, s.probability))
        .collect()
}

/// Four digits are more than the model knows.
fn rounded(probability: f32) -> f64 {
    (f64::from(probability) * 10_000.0).round() / 10_000.0
}

fn for_a_person(
    judgement: &Judgement,
    answer: &Answer,
    language: Option<&str>,
    all: bool,
) -> String {
    let scores = &judgement.sentiment;
    let unsure = if judgement.uncertain {
        " (not sure)"
    } else {
        ""
    };
    let mut text = format!(
        "{}{unsure}  negative {:.2} · neutral {:.2} · positive {:.2}\n",
        scores.label(),
        scores.negative,
        scores.neutral,
        scores.positive
    );
    let lists: Map<String, Value> = Map::from_iter([
        (
            "touchpoints".to_owned(),
            json!(labels(&judgement.touchpoints, all)),
        ),
        ("intents".to_owned(), json!(labels(&judgement.intents, all))),
        (
            "emotions".to_owned(),
            json!(labels(&judgement.emotions, all)),
        ),
    ]);
    for (name, list) in &lists {
        let shown: Vec<String> = list
            .as_array()
            .into_iter()
            .flatten()
            .map(|l| {
                format!(
                    "{} {:.2}",
                    l["id"].as_str().unwrap_or_default(),
                    l["probability"].as_f64().unwrap_or(0.0)
                )
            })
            .collect();
        let shown = if shown.is_empty() {
            "–".to_owned()
        } else {
            shown.join(", ")
        };
        text.push_str(&format!("{name:<12} {shown}\n"));
    }
    if let Some(target) = &answer.target {
        text.push_str(&format!("about        {target}: “{}”\n", answer.text));
    }
    text.push_str(&format!(
        "language     {}\nmodel        {}\n",
        language.unwrap_or("unsure"),
        judgement.model
    ));
    text
}
