//! `hark classify`: judge texts.

use crate::cli::ClassifyArgs;
use crate::exit::{Failure, Outcome};
use crate::judgement::{explanation, explanation_for_a_person, for_a_person, value};
use hark_classify::{Classifier, Config, Judgement, Metrics, Request};
use hark_ingest::text::{LanguageDetector, Limits, TextFormat, prepare};
use hark_model::default_taxonomy;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::path::Path;

/// One line of `--jsonl`.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    text: String,
    target: Option<String>,
    #[serde(default)]
    others: Vec<String>,
}

/// What goes beside a text while it is judged.
struct Beside {
    id: Value,
    language: Option<&'static str>,
    /// The line could not be read; what is judged in its place is thrown away.
    wrong: Option<String>,
}

pub(crate) fn classify(args: &ClassifyArgs) -> Outcome {
    let classifier = classifier(args.model.as_deref())?;
    let languages = LanguageDetector::new([]);
    let judge = Judge {
        classifier,
        languages,
        args,
    };
    match &args.text {
        Some(text) => judge.one(text),
        None => judge.lines(),
    }
}

/// The built-in model, or that of a folder, with engines for this machine.
pub(crate) fn classifier(model: Option<&Path>) -> Outcome<Classifier> {
    let config = Config {
        model: model.map(Path::to_owned),
        ..Config::default()
    };
    let metrics = Metrics::new(&hark_telemetry::Metrics::new());
    Classifier::new(&config, &default_taxonomy(), metrics)
        .map_err(|error| Failure::input(error.to_string()))
}

/// A text as an item of a source would carry it.
pub(crate) fn prepared(text: &str) -> String {
    prepare(text, TextFormat::Plain, &Limits::default()).text
}

struct Judge<'a> {
    classifier: Classifier,
    languages: LanguageDetector,
    args: &'a ClassifyArgs,
}

impl Judge<'_> {
    fn one(&self, text: &str) -> Outcome {
        let request = Request {
            text: prepared(text),
            target: self.args.target.clone(),
            others: self.args.other.clone(),
        };
        let language = self.languages.detect(&request.text);
        let judgement = self
            .classifier
            .classify(std::slice::from_ref(&request))
            .map_err(system)?
            .remove(0)
            .map_err(system)?;
        let explained = self.explained(&request, &judgement)?;
        if self.args.json {
            let shown = self.value(&Value::Null, &request, &judgement, language)?;
            anstream::println!("{shown}");
        } else {
            anstream::print!("{}", for_a_person(&judgement, language, self.args.all));
            if let Some(explained) = explained {
                anstream::print!("{}", explanation_for_a_person(&request.text, &explained));
            }
        }
        Ok(())
    }

    fn explained(
        &self,
        request: &Request,
        judgement: &Judgement,
    ) -> Outcome<Option<Vec<hark_classify::Explained>>> {
        let explain = || self.classifier.explain(request, judgement).map_err(system);
        self.args.explain.then(explain).transpose()
    }

    fn value(
        &self,
        id: &Value,
        request: &Request,
        judgement: &Judgement,
        language: Option<&str>,
    ) -> Outcome<Value> {
        let mut shown = value(id, judgement, language, self.args.all);
        if let Some(explained) = self.explained(request, judgement)? {
            shown["explanation"] = explanation(&request.text, &explained);
        }
        Ok(shown)
    }

    /// One object in, one object out, in order; a line that cannot be read gets an `error` in its
    /// place, and the exit code says so at the end.
    fn lines(&self) -> Outcome {
        /// How many texts are judged at once.
        const CHUNK: usize = 256;
        let mut input = std::io::stdin().lock().lines().enumerate();
        let mut output = std::io::stdout().lock();
        let mut wrong = 0_usize;
        loop {
            let lines = input.by_ref().take(CHUNK).map(|(number, line)| {
                self.read(line).unwrap_or_else(|error| {
                    let wrong = Some(format!("line {}: {error}", number + 1));
                    let beside = Beside {
                        id: Value::Null,
                        language: None,
                        wrong,
                    };
                    (beside, Request::default())
                })
            });
            let (beside, requests): (Vec<Beside>, Vec<Request>) = lines.unzip();
            if beside.is_empty() {
                break;
            }
            let outcomes = self.classifier.classify(&requests).map_err(system)?;
            for ((beside, request), outcome) in beside.into_iter().zip(&requests).zip(outcomes) {
                let line = match (&beside.wrong, outcome) {
                    (None, Ok(judgement)) => {
                        self.value(&beside.id, request, &judgement, beside.language)?
                    }
                    (None, Err(error)) => {
                        wrong += 1;
                        json!({ "id": beside.id, "error": error.to_string() })
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

    fn read(&self, line: std::io::Result<String>) -> Result<(Beside, Request), String> {
        let line = line.map_err(|error| error.to_string())?;
        let line: Line = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let text = prepared(&line.text);
        let beside = Beside {
            id: line.id,
            language: self.languages.detect(&text),
            wrong: None,
        };
        let request = Request {
            text,
            target: line.target.or_else(|| self.args.target.clone()),
            others: self.args.other.iter().cloned().chain(line.others).collect(),
        };
        Ok((beside, request))
    }
}

fn system(error: impl ToString) -> Failure {
    Failure::System(error.to_string())
}
