//! docs/consuming.md: what it says is tested is taken out of the page, run, and compared with what
//! hark itself prints.

use crate::registry::Fake;
use crate::support::{Folder, REVIEWS, Running, brands, get};
use crate::{CONFIG, Ground, report, reviews, without};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const PAGE: &str = include_str!("../../docs/consuming.md");

/// A snippet of the page, by the marker before it.
fn snippet(name: &str) -> &'static str {
    let (_, after) = PAGE
        .split_once(&format!("<!-- tested: {name} -->\n```"))
        .unwrap_or_else(|| panic!("docs/consuming.md has no snippet {name}"));
    let (_, body) = after.split_once('\n').unwrap();
    body.split_once("```").unwrap().0
}

/// The page's own packages.
pub(crate) fn install() -> &'static str {
    let line = snippet("setup.sh").lines().next().unwrap();
    assert!(line.starts_with("pip install "), "{line}");
    line
}

/// A consumer's folder, with what the page has them make.
struct Consumer<'a> {
    ground: &'a Ground,
    folder: &'a Folder,
    prefix: &'a str,
}

impl Consumer<'_> {
    fn command(&self, program: &str) -> Command {
        let hark = Path::new(env!("CARGO_BIN_EXE_hark")).parent().unwrap();
        let path = format!("{}:{}", hark.display(), self.ground.python().path());
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path(""))
            .env("PATH", path)
            .env("KAFKA", self.ground.servers())
            .env_remove("HARK_CONFIG");
        command
    }

    /// Makes the classes, as the page says.
    fn set_up(&self) {
        let (_, script) = snippet("setup.sh").split_once('\n').unwrap();
        let output = self.command("sh").args(["-ec", script]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// What a snippet prints, line by line; its topics have this consumer's prefix.
    fn prints(&self, name: &str, registry: &str) -> Vec<String> {
        let topics = format!("[\"{}.", self.prefix);
        self.folder
            .write(name, snippet(name).replace("[\"hark.", &topics));
        let mut command = self.command("python");
        let output = command
            .arg(name)
            .env("REGISTRY", registry)
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        printed.lines().map(str::to_owned).collect()
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

/// What a reader of mentions prints.
fn mentions(folder: &Folder) -> Vec<String> {
    let line = |mention: &Value| {
        ["brand", "label", "text"]
            .map(|name| text(mention, name))
            .join("\t")
    };
    let lines: Vec<_> = folder.observed().iter().map(line).collect();
    assert_eq!(lines.len(), 72, "12 of 60 name both brands");
    lines
}

/// What the reader of alerts prints.
fn alerts(folder: &Folder) -> Vec<String> {
    let line = |record: &Value| {
        let alert = &record["value"];
        let (id, revision) = (text(alert, "id"), &alert["revision"]);
        let (occasion, brand) = (text(alert, "occasion"), text(alert, "brand"));
        let severity = &alert["severity"];
        format!("{id}/{revision}\thark.alert.v1.{occasion}\t{brand}\t{severity}")
    };
    let lines: Vec<_> = folder.topic("alerts").iter().map(line).collect();
    assert!(!lines.is_empty());
    lines
}

/// What the reader of share of voice prints: of each key the newest value.
fn table(folder: &Folder) -> Vec<String> {
    let mut rows = BTreeMap::new();
    for record in folder.topic("share-of-voice") {
        let key = text(&record, "key").to_owned();
        let total = &record["value"]["voice"]["mentions"]["total"];
        let share = record["value"]["mention_share"].as_f64();
        rows.insert(key.clone(), (key, total.to_string(), share));
    }
    assert!(!rows.is_empty());
    let line = |(key, total, share): (String, String, Option<f64>)| {
        // To four places, as Python writes it.
        let share = share.map_or("None".to_owned(), |share| {
            format!("{:?}", (share * 1e4).round() / 1e4)
        });
        format!("{key}\t{total}\t{share}")
    };
    rows.into_values().map(line).collect()
}

/// A folder whose hark works on Kafka, with more keys in its `[log]`.
fn folder(ground: &Ground, prefix: &str, log: &str) -> Folder {
    let servers = ground.servers();
    let log = format!("[log]\ntopic_prefix = \"{prefix}\"\nkafka.servers = \"{servers}\"\n{log}");
    let config = CONFIG.replace("[log]\n", &log);
    let folder = Folder::new(&format!("{config}{}{REVIEWS}", brands(&["acme", "globex"])));
    folder.write("reviews.csv", reviews(60));
    folder
}

/// A hark at work, and where it answers.
fn answering(folder: &Folder) -> (Running, String) {
    let mut running = folder.run();
    let address = running.address("serving /metrics, /healthz and /readyz");
    (running, address)
}

pub(crate) fn the_page(ground: &Ground) {
    let folder = folder(ground, "hark", "");
    folder.hark(&["import", "reviews.csv"]);
    let (_running, address) = answering(&folder);
    let registry = format!("http://{address}");
    let consumer = Consumer {
        ground,
        folder: &folder,
        prefix: "hark",
    };
    consumer.set_up();
    let expected = mentions(&folder);
    assert_eq!(consumer.prints("mentions.py", &registry), expected);
    assert_eq!(consumer.prints("registry.py", &registry), expected);
    let expected = table(&folder);
    assert_eq!(consumer.prints("share_of_voice.py", &registry), expected);
    let expected = alerts(&folder);
    assert_eq!(consumer.prints("alerts.py", &registry), expected);
}

pub(crate) fn values_in_json(ground: &Ground) {
    let folder = folder(ground, "in-json", "format = \"json\"\n");
    folder.hark(&["import", "reviews.csv"]);
    assert_eq!(report(&folder), without(60));
    let consumer = Consumer {
        ground,
        folder: &folder,
        prefix: "in-json",
    };
    let expected = mentions(&folder);
    assert_eq!(consumer.prints("json_mentions.py", ""), expected);
    // The reader of alerts goes by their content type.
    consumer.set_up();
    assert_eq!(consumer.prints("alerts.py", ""), alerts(&folder));
}

pub(crate) fn ids_of_a_registry(ground: &Ground) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let theirs = runtime.block_on(Fake::start());
    let log = format!("kafka.registry.url = \"{}\"\n", theirs.url);
    let folder = folder(ground, "registered", &log);
    let (code, said) = folder.refusal(&["import", "reviews.csv"]);
    assert_eq!(code, 1);
    assert!(said.contains("hark schema register"), "{said}");

    let told = folder.hark(&["schema", "register", "--json"]);
    assert_eq!(
        told,
        folder
            .hark(&["schema", "register", "--json"])
            .replace("false", "true")
    );
    assert!(told.contains("\"subject\":\"registered.mentions-value\",\"version\":1,\"id\":102"));

    folder.hark(&["import", "reviews.csv"]);
    let (_running, address) = answering(&folder);
    assert_eq!(get(&address, "/schemas/ids/102").status, 200);
    assert_eq!(get(&address, "/schemas/ids/1751216642").status, 404);
    let consumer = Consumer {
        ground,
        folder: &folder,
        prefix: "registered",
    };
    consumer.set_up();
    let expected = mentions(&folder);
    assert_eq!(
        consumer.prints("registry.py", &format!("http://{address}")),
        expected
    );
}
