//! Measuring the model on labelled texts.

use crate::support::Folder;
use serde_json::{Value, json};

fn lines(rows: &[Value]) -> String {
    rows.iter().map(|row| format!("{row}\n")).collect()
}

#[test]
fn eval_counts_what_a_person_would_count() {
    let folder = Folder::new("");
    let rows = [
        json!({"text": "Wonderful staff, thank you so much!", "sentiment": "positive", "shop": "a"}),
        json!({"text": "Rude staff, I am furious. Never again.", "sentiment": "negative", "shop": "a"}),
        // Labelled against its words, so that there is an error to show.
        json!({"text": "Terrible, disgusting food and a rude waiter.", "sentiment": "positive",
               "shop": ["a", "b"], "id": "wrong"}),
    ];
    folder.write("labelled.jsonl", lines(&rows));
    let arguments = ["eval", "labelled.jsonl", "--json", "--by", "shop"];
    let report: Value = serde_json::from_str(&folder.hark(&arguments)).unwrap();
    assert_eq!(report["texts"], 3);
    let accuracy = report["sentiment"]["accuracy"].as_f64().unwrap();
    assert!((accuracy - 2.0 / 3.0).abs() < 1e-9, "{report}");
    assert_eq!(report["sentiment"]["confusion"]["positive"]["negative"], 1);
    assert_eq!(report["by"]["a"]["texts"], 3);
    assert_eq!(report["by"]["b"]["sentiment"]["accuracy"], 0.0);
    assert_eq!(report["worst"][0]["id"], "wrong");
    assert!(report.get("touchpoints").is_none(), "nobody labelled them");

    let table = folder.hark(&["eval", "labelled.jsonl"]);
    for told in ["accuracy 66.7", "negative, is positive: Terrible"] {
        assert!(table.contains(told), "{told}: {table}");
    }
}

#[test]
fn every_line_that_cannot_be_read_is_named() {
    let folder = Folder::new("");
    let good = json!({"text": "fine", "intents": ["praise"]});
    let typo = json!({"text": "fine", "touchpoints": ["delivry"]});
    folder.write("labelled.jsonl", format!("{good}\nnot JSON\n\n{typo}\n"));
    let (code, said) = folder.refusal(&["eval", "labelled.jsonl"]);
    assert_eq!(code, 1, "{said}");
    for told in [
        "line 2:",
        "line 4: touchpoints: \"delivry\" is none of advertising,",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    folder.write("labelled.jsonl", "\n");
    let (code, said) = folder.refusal(&["eval", "labelled.jsonl"]);
    assert!(code == 1 && said.contains("no line"), "{said}");
}

#[test]
fn an_explanation_names_the_words_and_where_they_stand() {
    let folder = Folder::new("");
    let text = "On Tuesday the driver was horrible to my mother.";
    let arguments = ["classify", text, "--explain", "--json"];
    let answer: Value = serde_json::from_str(&folder.hark(&arguments)).unwrap();
    let first = &answer["explanation"][0];
    assert_eq!(
        (&first["head"], &first["label"]),
        (&json!("sentiment"), &json!("negative"))
    );
    let word = &first["words"][0];
    assert_eq!(word["word"], "horrible");
    let (start, end) = (
        word["start"].as_u64().unwrap(),
        word["end"].as_u64().unwrap(),
    );
    assert_eq!(&text[start as usize..end as usize], "horrible");
    let told = folder.hark(&["classify", text, "--explain"]);
    assert!(
        told.contains("why (what") && told.contains("“horrible” +"),
        "{told}"
    );
}
