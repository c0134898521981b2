//! Contracts with the world: a changed byte here breaks a reader somewhere.
//!
//! After a change that is meant, write the files anew with
//! `HARK_REGENERATE=1 cargo test -p hark-proto golden` and review the difference.

use crate::examples;
use hark_model::MentionEvent;
use hark_proto::{Wire, cloud_event};
use std::path::Path;
use std::{env, fs};

fn matches_golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name);
    if env::var_os("HARK_REGENERATE").is_some() {
        fs::write(&path, found).unwrap();
    }
    let golden = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == found,
        "{} differs; if the change is meant, run with HARK_REGENERATE=1\nfound:\n{found}",
        path.display()
    );
}

/// Sixteen bytes a line, in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for line in bytes.chunks(16) {
        let line: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push_str(&line.join(" "));
        text.push('\n');
    }
    text
}

fn unhex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap())
        .collect()
}

#[test]
fn the_bytes_of_a_mention_are_the_golden_ones() {
    matches_golden("mention.hex", &hex(&examples::mention_event().encode()));
}

#[test]
fn the_golden_bytes_still_read_as_the_mention() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/mention.hex");
    let bytes = unhex(&fs::read_to_string(path).unwrap());
    assert_eq!(
        MentionEvent::decode(&bytes).unwrap(),
        examples::mention_event()
    );
}

#[test]
fn the_json_of_an_alert_is_the_golden_one() {
    let mut json = serde_json::to_string_pretty(&cloud_event(&examples::alert())).unwrap();
    json.push('\n');
    matches_golden("alert.json", &json);
}
