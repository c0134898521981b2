//! A folder to work in, the binary in it, and what its output says.

mod http;
mod running;

pub(crate) use http::{get, post};
pub(crate) use running::{Running, eventually, works_until};

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The topics there are.
pub(crate) const TOPICS: [&str; 6] = [
    "items",
    "mentions",
    "share-of-voice",
    "authors",
    "alerts",
    "dead-letters",
];

/// What every test's configuration begins with: no waiting for the disk, free ports.
pub(crate) const QUICK: &str = "[log]\nsync = false\n[http]\nlisten = \"127.0.0.1:0\"\n\
                                [authors]\npepper_env = \"HARK_TEST_PEPPER\"\n";

/// A file source for a CSV of `id,who,created,text,stars`.
pub(crate) const REVIEWS: &str = r#"
[[source]]
id = "reviews"
kind = "file"
[source.columns]
id = "id"
text = "text"
created = "created"
author = "who"
rating = "stars"
[source.rating_scale]
min = 1
max = 5
"#;

/// `[[brand]]`s that are found by their ids.
pub(crate) fn brands(ids: &[&str]) -> String {
    ids.iter()
        .map(|id| format!("[[brand]]\nid = \"{id}\"\nquery = \"{id}\"\n"))
        .collect()
}

/// A file of `$HARK_SHARED`; says so in one line when it is not there.
pub(crate) fn shared(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("HARK_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let path = shared.join(name);
    if !path.is_file() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

/// A folder with a configuration and data, gone at the end of the test.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(config: &str) -> Self {
        let folder = Self(TempDir::new().unwrap());
        folder.write("hark.toml", config);
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// The binary at work in this folder; nothing of the tester's own settings reaches it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hark"));
        command
            .args(arguments)
            .current_dir(self.0.path())
            .env("HARK_CONFIG", "hark.toml")
            .env("HARK_DATA_DIR", "data")
            .env("HARK_TEST_PEPPER", "the pepper of the tests")
            .env("NO_COLOR", "1")
            .env_remove("HARK_LOG")
            .env_remove("HARK_LISTEN")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What it prints, when it ends well.
    pub(crate) fn hark(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(output.status.success(), "hark {arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// How it refuses: its exit code and what it says.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.output(arguments);
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    }

    /// The report over everything ever counted, byte for byte.
    pub(crate) fn report(&self) -> String {
        self.hark(&["report", "--window", "all", "--json"])
    }

    /// Mentions of each brand in the report.
    pub(crate) fn mentions(&self) -> BTreeMap<String, u64> {
        let report: Value = serde_json::from_str(&self.report()).unwrap();
        counts(&report, "mentions")
    }

    /// Every record of a topic, as it is printed.
    pub(crate) fn topic(&self, name: &str) -> Vec<Value> {
        let printed = self.hark(&["tail", name, "--no-follow", "--json"]);
        printed
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Every mention of the mentions topic, in its order, and no retraction.
    pub(crate) fn observed(&self) -> Vec<Value> {
        let observed = |record: Value| record["value"].get("observed").cloned();
        self.topic("mentions")
            .into_iter()
            .filter_map(observed)
            .collect()
    }

    /// The (item, brand) pairs of the mentions topic, in its order.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let pair = |mention: Value| (text(&mention["item"]["native_id"]), text(&mention["brand"]));
        self.observed().into_iter().map(pair).collect()
    }

    /// What every topic holds, byte for byte.
    pub(crate) fn everything(&self) -> Vec<String> {
        TOPICS
            .map(|topic| self.hark(&["tail", topic, "--no-follow", "--json"]))
            .to_vec()
    }

    /// Starts `hark run`.
    pub(crate) fn run(&self) -> Running {
        Running::start(self.command(&["run", "--log-json"]))
    }
}

/// A number of each brand of the first market.
pub(crate) fn counts(report: &Value, name: &str) -> BTreeMap<String, u64> {
    let brands = report["markets"][0]["brands"].as_array().unwrap();
    let count = |brand: &Value| {
        (
            brand["id"].as_str().unwrap().to_owned(),
            brand[name].as_u64().unwrap(),
        )
    };
    brands.iter().map(count).collect()
}

/// Counts as the report has them.
pub(crate) fn expected(counts: &[(&str, u64)]) -> BTreeMap<String, u64> {
    counts
        .iter()
        .map(|(brand, count)| ((*brand).to_owned(), *count))
        .collect()
}
