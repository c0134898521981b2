//! Bluesky, as its Jetstream tells it.

use crate::support::{Folder, QUICK, Running, eventually, expected, shared};
use hark_ingest::testing::{Archive, ReplayServer, Step};
use regex::Regex;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

const CAPTURE: &str = "sources/payloads/bluesky/jetstream_v1_prod_capture_2026-07-04.jsonl";
/// After everything in the capture, in microseconds.
const LATER: i64 = 1_783_180_000_000_000;

fn event(after: i64, author: &str, kind: &str, detail: Value) -> String {
    json!({
        "did": format!("did:plc:{author}"), "time_us": LATER + after * 1_000_000, "kind": kind,
        kind: detail,
    })
    .to_string()
}

fn post(after: i64, author: &str, rkey: &str, text: &str) -> String {
    let record = json!({
        "$type": "app.bsky.feed.post", "createdAt": "2026-07-04T16:00:00Z", "text": text,
    });
    event(
        after,
        author,
        "commit",
        json!({
            "rev": rev(after), "operation": "create", "collection": "app.bsky.feed.post",
            "rkey": rkey, "cid": format!("bafy{rkey}"), "record": record,
        }),
    )
}

fn deletion(after: i64, author: &str, rkey: &str) -> String {
    event(
        after,
        author,
        "commit",
        json!({
            "rev": rev(after), "operation": "delete", "collection": "app.bsky.feed.post",
            "rkey": rkey,
        }),
    )
}

fn account_deletion(after: i64, author: &str) -> String {
    event(
        after,
        author,
        "account",
        json!({
            "active": false, "did": format!("did:plc:{author}"), "seq": 1, "status": "deleted",
            "time": "2026-07-04T16:10:00Z",
        }),
    )
}

/// The repository's revision at that second, as a timestamp identifier.
fn rev(after: i64) -> String {
    let value = ((LATER + after * 1_000_000) as u64) << 10;
    let digit =
        |place: u32| b"234567abcdefghijklmnopqrstuvwxyz"[(value >> (5 * place)) as usize & 31];
    (0..13)
        .rev()
        .map(|place| char::from(digit(place)))
        .collect()
}

/// A hark that listens to a server with these events.
fn listening(folder: &Folder, runtime: &Runtime, events: &[String]) -> (Running, ReplayServer) {
    let archive = Archive::of(&events.join("\n"));
    let server = ReplayServer::start(vec![vec![Step::Archive(archive), Step::Stay]]);
    let server = runtime.block_on(server).unwrap();
    folder.write(
        "hark.toml",
        format!(
            "{QUICK}[[brand]]\nid = \"acme\"\nquery = \"acme\"\n[[brand]]\nid = \"the\"\nquery = \"the\"\n\
             [[source]]\nid = \"bluesky\"\nkind = \"jetstream\"\nurls = [\"{}\"]\n",
            server.url()
        ),
    );
    (folder.run(), server)
}

#[test]
fn posts_are_counted_until_they_or_their_authors_are_deleted() {
    let capture = shared(CAPTURE).map(|path| std::fs::read_to_string(path).unwrap());
    let captured: Vec<String> = capture
        .iter()
        .flat_map(|text| text.lines())
        .map(str::to_owned)
        .collect();
    let in_capture = [r"(?i)\bacme\b", r"(?i)\bthe\b"].map(|word| posts_with(&captured, word));
    let runtime = Runtime::new().unwrap();
    let folder = Folder::new("");
    let invented = [
        post(1, "ann", "a1", "Acme was late"),
        post(2, "ann", "a2", "Acme came after all"),
        post(3, "bob", "b1", "the people of Acme are kind"),
        post(4, "bob", "b2", "I like Acme"),
        post(5, "cyd", "c1", "Acme again"),
    ];
    let (hark, _server) = listening(&folder, &runtime, &[&captured[..], &invented].concat());
    let wanted = expected(&[("acme", in_capture[0] + 5), ("the", in_capture[1] + 1)]);
    eventually("the count of all posts", || folder_counts(&folder, &wanted));
    assert!(hark.stop().success());

    let gone = [
        deletion(11, "ann", "a1"),
        account_deletion(12, "bob"),
        post(13, "cyd", "c2", "Acme!"),
    ];
    let (hark, mut server) = listening(&folder, &runtime, &gone);
    let wanted = expected(&[("acme", in_capture[0] + 3), ("the", in_capture[1])]);
    eventually("the count without the deleted posts", || {
        folder_counts(&folder, &wanted)
    });
    let cursor = runtime.block_on(server.asked()).unwrap().cursor();
    assert_eq!(cursor, Some(LATER), "five seconds before the last event");
    assert!(hark.stop().success());
    assert_eq!(folder.mentions(), wanted);
}

/// Whether the report, made beside the running hark, has these counts; none before there is data.
fn folder_counts(folder: &Folder, wanted: &std::collections::BTreeMap<String, u64>) -> Option<()> {
    let output = folder.output(&["report", "--window", "all", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).ok()?;
    (crate::support::counts(&report, "mentions") == *wanted).then_some(())
}

/// Posts of the capture that are still there at its end and have the word.
fn posts_with(events: &[String], word: &str) -> u64 {
    let word = Regex::new(word).unwrap();
    let events = events
        .iter()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let is_match = |event: &Value| {
        let commit = &event["commit"];
        commit["collection"] == "app.bsky.feed.post"
            && commit["record"]["text"]
                .as_str()
                .is_some_and(|text| word.is_match(text))
    };
    events.filter(is_match).count() as u64
}
