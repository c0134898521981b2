//! A file through the whole path.

use crate::support::{Folder, QUICK, REVIEWS, brands, counts, expected};
use serde_json::Value;

/// Two brands, and what real exports do to a reader.
const CSV: &str = r#"id,who,created,text,stars
1,ann,2026-03-01T10:00:00Z,"Acme delivered late
and the box was ""open"".",1
2,bob,2026-03-01T10:01:00Z,"Globex support was wonderful, thank you!",5
3,cyd,first of may,Acme lost my parcel,1
4,dee,2026-03-01T10:02:00Z,,2
5,eve,2026-03-01T10:03:00Z,"<b>Acme</b> &amp; Globex 😡 الخدمة سيئة write to eve@example.com or +44 20 7946 0958, card 4111 1111 1111 1111",3
2,bob,2026-03-01T10:01:00Z,"Globex support was wonderful, thank you!",5
6,fay,2026-03-01T10:04:00Z,Got food poisoning from the Acme salad and I will sue,1
7,gus,2026-03-01T10:05:00Z,Nothing about anybody,3
"#;

fn imported() -> (Folder, Value) {
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}", brands(&["acme", "globex"])));
    folder.write("reviews.csv", CSV);
    let summary = folder.hark(&["import", "reviews.csv", "--json"]);
    (folder, serde_json::from_str(&summary).unwrap())
}

#[test]
fn a_person_reads_a_line_for_each_record() {
    let (folder, _) = imported();
    let lines = |topic| folder.hark(&["tail", topic, "--no-follow"]);
    let mentions = lines("mentions");
    assert_eq!(mentions.lines().count(), 5, "{mentions}");
    let said = "“Got food poisoning from the Acme salad and I will sue”";
    let about = |line: &&str| line.contains(said) && line.contains("reviews:6");
    let line = mentions.lines().find(about).unwrap();
    assert!(
        line.starts_with("2026-03-01 10:04  negative") && line.contains("acme"),
        "{line}"
    );
    let alerts = lines("alerts");
    let safety = |line: &&str| line.contains("ALERT") && line.contains("safety");
    let line = alerts.lines().find(safety).unwrap();
    assert!(line.contains(said) && line.contains("→ legal by"), "{line}");
}

#[test]
fn an_import_counts_each_mention_once_and_says_so_as_the_report_does() {
    let (folder, summary) = imported();
    assert_eq!(
        counts(&summary, "mentions"),
        expected(&[("acme", 3), ("globex", 2)])
    );
    assert_eq!(
        counts(&summary, "authors"),
        expected(&[("acme", 3), ("globex", 2)])
    );
    let [negative, neutral, positive] =
        ["negative", "neutral", "positive"].map(|name| counts(&summary, name));
    for (brand, mentions) in counts(&summary, "mentions") {
        assert_eq!(
            negative[&brand] + neutral[&brand] + positive[&brand],
            mentions,
            "{brand}"
        );
    }
    assert!(
        negative["acme"] >= 2 && positive["globex"] >= 1,
        "{summary}"
    );
    assert_eq!(
        serde_json::from_str::<Value>(&folder.report()).unwrap(),
        summary
    );
    let pairs = folder.pairs();
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(item, brand)| (&**item, &**brand))
        .collect();
    let in_order_of_time = [
        ("1", "acme"),
        ("2", "globex"),
        ("5", "acme"),
        ("5", "globex"),
        ("6", "acme"),
    ];
    assert_eq!(pairs, in_order_of_time);
}

#[test]
fn what_an_import_counted_last_is_published_too() {
    let (folder, _) = imported();
    let mut published = std::collections::BTreeMap::new();
    for share in folder.topic("hark.share-of-voice") {
        let share = &share["value"];
        if share["window"] == "28d" {
            let brand = share["brand"].as_str().unwrap().to_owned();
            published.insert(brand, share["voice"]["mentions"]["total"].as_u64().unwrap());
        }
    }
    assert_eq!(published, expected(&[("acme", 3), ("globex", 2)]));
}

#[test]
fn what_is_kept_of_a_text_holds_no_personal_data() {
    let (folder, _) = imported();
    let mentions = folder.topic("mentions");
    let of_item = |id: &str| {
        let found = mentions
            .iter()
            .find(|m| m["value"]["observed"]["item"]["native_id"] == id);
        found.unwrap()["value"]["observed"]["text"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(
        of_item("1"),
        "Acme delivered late\nand the box was \"open\"."
    );
    let masked = of_item("5");
    for kept in ["😡", "الخدمة سيئة", "[email]", "[phone]", "[card]"] {
        assert!(masked.contains(kept), "{kept} in {masked}");
    }
    // Neither in a topic nor anywhere else in the folder.
    for file in ["hark.db", "hark.db-wal"] {
        let Ok(bytes) = std::fs::read(folder.path("data").join(file)) else {
            continue;
        };
        for secret in ["eve@example.com", "7946 0958", "4111 1111"] {
            let found = bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} stands in {file}");
        }
    }
}

#[test]
fn a_row_that_cannot_be_used_is_kept_with_its_line_and_the_reason() {
    let (folder, _) = imported();
    let printed = folder.hark(&["dead-letters", "list", "--json"]);
    let letters: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(letters.len(), 1, "{printed}");
    let value = &letters[0]["value"];
    assert_eq!(value["bytes"], "3,cyd,first of may,Acme lost my parcel,1");
    let reason = value["headers"]["hark-reason"].as_str().unwrap();
    assert!(
        reason.contains("line 5") && reason.contains("first of may"),
        "{reason}"
    );
}

#[test]
fn an_import_that_is_run_twice_changes_nothing() {
    let (folder, summary) = imported();
    let before = (folder.report(), folder.everything());
    let again: Value =
        serde_json::from_str(&folder.hark(&["import", "reviews.csv", "--json"])).unwrap();
    assert_eq!(again, summary);
    assert_eq!((folder.report(), folder.everything()), before);
}

#[test]
fn the_exit_code_says_whose_fault_it_was() {
    let folder = Folder::new(&format!("{QUICK}{}{REVIEWS}", brands(&["acme"])));
    folder.write("other.csv", "a,b\n1,2\n");
    let (usage, _) = folder.refusal(&["frobnicate"]);
    let (no_data, said) = folder.refusal(&["report"]);
    assert!(said.contains("there is no hark data in data"), "{said}");
    let (no_config, said) = folder.refusal(&["check", "--config", "none.toml"]);
    assert!(said.contains("none.toml"), "{said}");
    let (no_file, said) = folder.refusal(&["import", "none.csv"]);
    assert!(said.contains("none.csv"), "{said}");
    let (no_column, said) = folder.refusal(&["import", "other.csv"]);
    assert!(
        said.contains("other.csv") && said.contains("no column"),
        "{said}"
    );
    assert_eq!(
        [usage, no_data, no_config, no_file, no_column],
        [2, 1, 1, 1, 1]
    );
    folder.hark(&["check"]);
}

#[test]
fn check_says_every_mistake_at_once_with_its_place() {
    let folder =
        Folder::new("[[brand]]\nid = \"acme\"\nquery = \"(acme\"\n\n[classify]\nengine = 1\n");
    let (code, said) = folder.refusal(&["check"]);
    assert_eq!(code, 1);
    assert!(said.contains("hark.toml:3:"), "{said}");
    assert!(said.contains("hark.toml:6:"), "{said}");
    assert!(said.contains("engine"), "{said}");
}
