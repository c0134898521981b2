//! What else the binary can be asked.

use crate::support::{Folder, QUICK, REVIEWS, brands};
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Output, Stdio};

fn with_input(folder: &Folder, arguments: &[&str], input: &str) -> Output {
    let mut command = folder.command(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn answers(output: &Output) -> Vec<Value> {
    let printed = std::str::from_utf8(&output.stdout).unwrap();
    printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn the_demo_ends_when_told_with_a_table_and_leaves_nothing() {
    let folder = Folder::new("");
    let printed = folder.hark(&["demo", "--for", "5s"]);
    assert!(printed.contains("Metrics: http://127.0.0.1:"), "{printed}");
    let whole = printed.split("The whole demo").nth(1).unwrap();
    for told in ["Brightcart", "share of voice", "Alerts:"] {
        assert!(whole.contains(told), "{told}: {printed}");
    }
    assert!(!folder.path("data").exists());
}

#[test]
fn texts_are_judged_in_their_order() {
    let folder = Folder::new("");
    let texts = [
        "The courier was wonderful, thank you so much!",
        "Terrible, rude staff. Never again.",
        "They open at nine.",
    ];
    // More than are judged at once.
    let lines: String = (0..300)
        .map(|id| json!({ "id": id, "text": texts[id % 3] }).to_string() + "\n")
        .collect();
    let output = with_input(&folder, &["classify", "--jsonl"], &lines);
    assert!(output.status.success(), "{output:?}");
    let answers = answers(&output);
    assert_eq!(answers.len(), 300);
    for (id, answer) in answers.iter().enumerate() {
        assert_eq!(answer["id"], id);
        assert_eq!(
            answer["sentiment"],
            ["positive", "negative", "neutral"][id % 3],
            "{answer}"
        );
    }
    let keys: Vec<_> = answers[0]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let contract = [
        "id",
        "sentiment",
        "uncertain",
        "probabilities",
        "touchpoints",
        "intents",
        "emotions",
        "expectation",
        "language",
        "model",
    ];
    assert_eq!(keys, contract);
    let sum: f64 = ["negative", "neutral", "positive"]
        .map(|l| answers[0]["probabilities"][l].as_f64().unwrap())
        .iter()
        .sum();
    assert!((sum - 1.0).abs() < 1e-3, "{sum}");
}

#[test]
fn a_line_that_cannot_be_judged_gets_an_error_in_its_place() {
    let folder = Folder::new("");
    let lines = "{\"id\":\"a\",\"text\":\"fine\"}\nnot JSON\n{\"id\":\"c\",\"text\":\"\"}\n";
    let output = with_input(&folder, &["classify", "--jsonl"], lines);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let answers = answers(&output);
    assert_eq!(answers.len(), 3);
    assert_eq!(
        (&answers[0]["id"], &answers[2]["id"]),
        (&json!("a"), &json!("c"))
    );
    assert!(
        answers[1]["error"].as_str().unwrap().starts_with("line 2:"),
        "{}",
        answers[1]
    );
}

#[test]
fn a_judgement_is_about_the_target_alone() {
    let folder = Folder::new("");
    let text = "Acme ruined my week, but Globex was wonderful and saved it.";
    let sentiment_of = |target: &str, other: &str| {
        let arguments = [
            "classify", text, "--target", target, "--other", other, "--json",
        ];
        let answer: Value = serde_json::from_str(&folder.hark(&arguments)).unwrap();
        answer["sentiment"].clone()
    };
    assert_eq!(sentiment_of("Acme", "Globex"), "negative");
    assert_eq!(sentiment_of("Globex", "Acme"), "positive");
}

#[test]
fn a_damaged_data_file_is_refused_and_left_as_it_is() {
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}", brands(&["acme"])));
    folder.write(
        "reviews.csv",
        "id,who,created,text,stars\n1,ann,1772359200,Acme,3\n",
    );
    folder.hark(&["import", "reviews.csv"]);
    let file = folder.path("data/hark.db");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[4096..8192].fill(0xa5);
    std::fs::write(&file, &bytes).unwrap();
    let (code, said) = folder.refusal(&["import", "reviews.csv"]);
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("hark.db is damaged") && said.contains("backup"),
        "{said}"
    );
    assert!(
        std::fs::read(&file).unwrap() == bytes,
        "the damaged file was written to"
    );
}
