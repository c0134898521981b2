//! Items pushed over HTTP.

use crate::support::{Folder, QUICK, Running, brands, eventually, expected, get, post};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;

const TOKEN: &str = "whoever-knows-this-may-push-0123456789";
const JSON: &str = "application/json";
const LINES: &str = "application/x-ndjson";

fn folder() -> Folder {
    let source = "[[source]]\nid = \"push\"\nkind = \"http\"\nlisten = \"127.0.0.1:0\"\n\
                  token_file = \"token\"\n";
    let folder = Folder::new(&format!("{QUICK}{}{source}", brands(&["acme", "globex"])));
    folder.write("token", TOKEN);
    folder
}

/// A hark that listens, where its metrics are and where it takes items.
fn listening(folder: &Folder) -> (Running, String, String) {
    let mut hark = folder.run();
    let metrics = hark.address("serving /metrics, /healthz and /readyz");
    let items = hark.address("listening for pushed items");
    (hark, metrics, items)
}

fn item(id: impl ToString, text: &str) -> Value {
    let author = json!({ "id": format!("author of {}", id.to_string()) });
    json!({
        "id": id.to_string(), "text": text, "created_at": "2026-03-01T10:00:00Z", "author": author,
    })
}

#[test]
fn pushed_items_are_counted_once_they_are_acknowledged() {
    let folder = folder();
    let (hark, metrics, address) = listening(&folder);
    let single = item(1, "Acme is great").to_string();
    let batch = json!([item(2, "Acme was late"), item(3, "Globex rather than Acme")]).to_string();
    let lines = format!("{}\n{}\n", item(4, "Globex again"), item(5, "nobody"));
    let accepted = |content_type: &str, body: &str| {
        let answer = post(&address, TOKEN, content_type, body).unwrap();
        assert_eq!(answer.status, 202, "{answer:?}");
        let counts = answer.json();
        ["accepted", "duplicate", "filtered", "dead_lettered"].map(|n| counts[n].as_u64().unwrap())
    };
    assert_eq!(accepted(JSON, &single), [1, 0, 0, 0]);
    assert_eq!(accepted(JSON, &batch), [2, 0, 0, 0]);
    assert_eq!(accepted(LINES, &lines), [1, 0, 1, 0]);
    assert_eq!(
        accepted(JSON, &batch),
        [0, 2, 0, 0],
        "a request may be repeated"
    );

    // The report is made beside the running hark.
    let wanted = expected(&[("acme", 3), ("globex", 2)]);
    eventually("the report", || (folder.mentions() == wanted).then_some(()));

    let answer = get(&metrics, "/metrics");
    assert_eq!(answer.status, 200);
    assert_prometheus(&answer.body);
    assert_eq!(get(&metrics, "/healthz").status, 200);
    eventually("readiness", || {
        (get(&metrics, "/readyz").status == 200).then_some(())
    });
    assert!(hark.stop().success());
    assert_eq!(folder.mentions(), wanted);
}

#[test]
fn what_cannot_be_taken_is_refused_whole_with_the_reason() {
    let folder = folder();
    let (hark, _, address) = listening(&folder);
    let body = json!([item(1, "Acme is great"), { "id": "2", "text": 3 }]).to_string();
    for wrong in ["", "another-token-0123456789-0123456789"] {
        let answer = post(&address, wrong, JSON, &body).unwrap();
        assert_eq!(answer.status, 401, "{answer:?}");
    }
    let answer = post(&address, TOKEN, JSON, &body).unwrap();
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(
        (&answer.json()["index"], &answer.json()["field"]),
        (&json!(1), &json!("text"))
    );
    let answer = post(&address, TOKEN, "text/plain", &body).unwrap();
    assert_eq!(answer.status, 415, "{answer:?}");
    assert!(hark.stop().success());
    assert_eq!(
        folder.topic("items").len(),
        0,
        "nothing of a refused request is taken"
    );
}

#[test]
fn another_hark_on_the_same_folder_is_told_who_owns_it() {
    let folder = folder();
    let (hark, _, _) = listening(&folder);
    let (code, said) = folder.refusal(&["run"]);
    assert_eq!(code, 3, "{said}");
    assert!(
        said.contains("in use by another hark process (pid"),
        "{said}"
    );
    assert!(hark.stop().success());
}

#[test]
fn pushed_again_after_kills_each_item_is_there_once() {
    const BATCHES: usize = 60;
    const EACH: usize = 5;
    let folder = folder();
    let batch = |number: usize| {
        let ids = (0..EACH).map(|place| number * EACH + place);
        let items: Vec<_> = ids
            .map(|id| item(id, &format!("Acme, visit {id}")))
            .collect();
        json!(items).to_string()
    };
    let mut random = ChaCha8Rng::seed_from_u64(17);
    let (mut done, mut kills) = (0, 0);
    while done < BATCHES {
        let (hark, _, address) = listening(&folder);
        let enough = done + random.random_range(3..15);
        let (acknowledged, told) = channel();
        let sender = std::thread::spawn(move || {
            for number in done..BATCHES {
                match post(&address, TOKEN, JSON, &batch(number)) {
                    Ok(answer) if answer.status == 202 => acknowledged.send(number).unwrap(),
                    // The connection broke: nobody knows whether the batch was taken.
                    _ => break,
                }
            }
        });
        let first = done;
        done = told
            .iter()
            .find(|number| number + 1 >= enough)
            .map_or(BATCHES, |number| number + 1);
        // The next batch is under way.
        hark.kill();
        kills += 1;
        // Acknowledged between the decision and the kill.
        let late = told.iter().count();
        sender.join().unwrap();
        done = (done + late).min(BATCHES);
        assert!(done > first);
    }
    assert!(kills >= 4, "{kills} kills");

    let (hark, _, _) = listening(&folder);
    let all = (BATCHES * EACH) as u64;
    let wanted = expected(&[("acme", all), ("globex", 0)]);
    eventually("the count of everything", || {
        (folder.mentions() == wanted).then_some(())
    });
    assert!(hark.stop().success());
    let pairs = folder.pairs();
    let ids: BTreeSet<_> = pairs
        .iter()
        .map(|(item, _)| item.parse::<u64>().unwrap())
        .collect();
    assert_eq!(pairs.len() as u64, all, "a mention is there twice");
    assert_eq!(ids, (0..all).collect());
    assert_eq!(
        folder.topic("items").len() as u64,
        all,
        "an item is there twice"
    );
}

/// Every line of the text format is a comment or a sample of a family that was announced, and
/// `promtool`, where there is one, has nothing to say.
fn assert_prometheus(text: &str) {
    let mut families = BTreeSet::new();
    for line in text.lines() {
        if let Some(announced) = line.strip_prefix("# TYPE ") {
            let (name, kind) = announced.split_once(' ').unwrap();
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert!(families.insert(name), "announced twice: {line}");
        } else if !line.starts_with("# HELP ") {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert!(value.parse::<f64>().is_ok(), "{line}");
            let name = series.split('{').next().unwrap();
            let family = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end));
            assert!(
                families.contains(name) || family.is_some_and(|f| families.contains(f)),
                "{line}"
            );
            assert!(
                name.starts_with("hark_") || name.starts_with("process_"),
                "{line}"
            );
        }
    }
    assert!(families.len() > 10, "{text}");
    let promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut promtool) = promtool else {
        println!("skipped: there is no promtool");
        return;
    };
    promtool
        .stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    assert!(promtool.wait().unwrap().success());
}
