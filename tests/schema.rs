//! What those who read the topics are given: schemas, ids, and values they can read.

use crate::support::{Folder, QUICK, REVIEWS, brands, get};
use serde_json::{Value, json};

const MENTION: &str = include_str!("../proto/hark/v1/mention.proto");

fn folder(log: &str) -> Folder {
    let config = QUICK.replace("[log]\n", &format!("[log]\n{log}"));
    Folder::new(&format!("{config}{}{REVIEWS}", brands(&["acme", "globex"])))
}

fn json(printed: &str) -> Value {
    serde_json::from_str(printed).unwrap()
}

#[test]
fn subjects_are_named_after_the_configured_topics() {
    let folder = folder("topic_prefix = \"ours\"\n");
    let listed = json(&folder.hark(&["schema", "list", "--json"]));
    let subjects: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["subject"].as_str().unwrap())
        .collect();
    assert_eq!(subjects[0], "hark/v1/common.proto");
    assert_eq!(subjects[2], "ours.mentions-value");
    assert_eq!(subjects.len(), 6);
    let shown = folder.hark(&["schema", "list"]);
    assert!(subjects.iter().all(|subject| shown.contains(subject)));
    let (code, said) = folder.refusal(&["schema", "show", "hark.mentions-value"]);
    assert_eq!(code, 1);
    assert!(said.contains("ours.mentions-value"), "{said}");
}

#[test]
fn a_schema_is_shown_as_the_file_it_is_and_as_a_registry_takes_it() {
    let folder = folder("");
    let shown = folder.hark(&["schema", "show", "hark.mentions-value"]);
    assert!(shown.ends_with(MENTION));
    let (head, _) = shown.split_once(MENTION).unwrap();
    let comment = |line: &str| line.is_empty() || line.starts_with("//");
    assert!(head.lines().all(comment), "{head}");
    assert!(head.contains("references hark/v1/common.proto"), "{head}");
    let common = "hark/v1/common.proto";
    assert_eq!(
        json(&folder.hark(&["schema", "show", "hark.mentions-value", "--json"])),
        json!({
            "subject": "hark.mentions-value",
            "schemaType": "PROTOBUF",
            "references": [{ "name": common, "subject": common, "version": 1 }],
            "schema": MENTION,
        })
    );
}

#[test]
fn registering_says_what_is_missing_and_never_a_secret() {
    let folder = folder("");
    let (code, said) = folder.refusal(&["schema", "register"]);
    assert_eq!(code, 1);
    assert!(said.contains("--registry URL"), "{said}");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let arguments = ["schema", "register", "--registry", &address];
    let (code, said) = folder.refusal(&arguments);
    assert_eq!(code, 3);
    assert!(said.contains(&address), "{said}");
    let arguments = [&arguments[..], &["--bearer-env", "HARK_TEST_TOKEN"]].concat();
    let (code, said) = folder.refusal(&arguments);
    assert_eq!(code, 1);
    assert!(said.contains("HARK_TEST_TOKEN is not set"), "{said}");
    let mut command = folder.command(&arguments);
    let output = command.env("HARK_TEST_TOKEN", "canary").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(!String::from_utf8_lossy(&output.stderr).contains("canary"));
}

#[test]
fn a_hark_at_work_answers_like_a_registry_beside_its_metrics() {
    let folder = Folder::new(&format!(
        "{QUICK}{}[[source]]\nid = \"push\"\nkind = \"http\"\nlisten = \"127.0.0.1:0\"\n\
         token_env = \"HARK_TEST_PEPPER\"\n",
        brands(&["acme"])
    ));
    let mut running = folder.run();
    let address = running.address("serving /metrics, /healthz and /readyz");
    let listed = json(&folder.hark(&["schema", "list", "--json"]));
    for entry in listed.as_array().unwrap() {
        let found = get(&address, &format!("/schemas/ids/{}", entry["id"]));
        assert_eq!(found.status, 200, "{entry}");
        assert_eq!(found.json()["schemaType"], "PROTOBUF");
    }
    assert_eq!(get(&address, "/metrics").status, 200);
    let nothing = get(&address, "/nothing");
    assert_eq!(
        (nothing.status, &nothing.json()["error_code"]),
        (404, &json!(404))
    );
}

/// Reviews of an hour.
fn reviews(hour: u32) -> String {
    let mut csv = "id,who,created,text,stars\n".to_owned();
    for minute in 10..30 {
        csv += &format!(
            "{hour}-{minute},author{},2026-03-01T{hour:02}:{minute}:00Z,Acme lost my parcel ({minute}),1\n",
            minute % 7
        );
    }
    csv
}

#[test]
fn a_log_that_is_changed_to_json_halfway_counts_and_alerts_the_same() {
    let imported = |formats: [&str; 2]| {
        let folder = folder("");
        for (hour, format) in (8..).zip(formats) {
            let config = QUICK.replace("[log]\n", &format!("[log]\nformat = \"{format}\"\n"));
            folder.write(
                "hark.toml",
                format!("{config}{}{REVIEWS}", brands(&["acme", "globex"])),
            );
            folder.write("reviews.csv", reviews(hour));
            folder.hark(&["import", "reviews.csv"]);
        }
        let alerts: Vec<_> = folder
            .topic("alerts")
            .into_iter()
            .map(|mut record| {
                // Which file of configuration decided it differs, and when it was written.
                record["value"]["provenance"] = Value::Null;
                record["value"].take()
            })
            .collect();
        let mentions: Vec<_> = folder
            .observed()
            .into_iter()
            .map(|mut mention| {
                mention["arrived_at"] = Value::Null;
                mention
            })
            .collect();
        (folder.report(), mentions, alerts)
    };
    let expected = imported(["protobuf", "protobuf"]);
    assert!(!expected.2.is_empty());
    assert_eq!(imported(["protobuf", "json"]), expected);
    assert_eq!(imported(["json", "protobuf"]), expected);
}
