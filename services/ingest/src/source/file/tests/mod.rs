//! Files as a whole, through the source.

mod airline;
mod csv;
mod jsonl;
mod order;
pub(in crate::source) mod pipeline;
mod refusals;
mod resume;

use super::{FileConfig, FileSource};
use crate::source::{Cursor, RawEvent, RawItem, Source, SourceError, Unusable};
use pipeline::{Handed, TestPipeline};
use std::path::{Path, PathBuf};
use tokio_util::sync::CancellationToken;

/// The least mapping: columns id, text and created.
const PLAIN: &str = "[columns]\nid = \"id\"\ntext = \"text\"\ncreated = \"created\"\n";

fn config(toml: &str) -> FileConfig {
    toml_of(toml)
}

/// Configuration is TOML; this crate needs none, so tests read it as the JSON it stands for.
fn toml_of(text: &str) -> FileConfig {
    let mut root = serde_json::Map::new();
    let mut section: Option<String> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix('[') {
            section = Some(name.trim_end_matches(']').to_owned());
            continue;
        }
        let (key, value) = line.split_once('=').unwrap();
        let value = serde_json::from_str(value.trim()).unwrap();
        let table = match &section {
            None => &mut root,
            Some(name) => root
                .entry(name.clone())
                .or_insert_with(|| serde_json::json!({}))
                .as_object_mut()
                .unwrap(),
        };
        table.insert(key.trim().to_owned(), value);
    }
    serde_json::from_value(root.into()).unwrap()
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

async fn deliver(
    mut source: FileSource,
    cursor: Option<Cursor>,
) -> (Vec<Handed>, Result<(), SourceError>) {
    let (intake, pipeline) = TestPipeline::new(100_000);
    let running =
        tokio::spawn(async move { source.run(&intake, cursor, CancellationToken::new()).await });
    let handed = pipeline.rest().await;
    (handed, running.await.unwrap())
}

fn source(path: &Path, toml: &str) -> FileSource {
    FileSource::new("reviews".into(), config(toml), Some(path.to_owned()))
}

/// The events of a file called `name` with these bytes.
async fn read(name: &str, bytes: impl AsRef<[u8]>, toml: &str) -> Vec<RawEvent> {
    let folder = Folder::new();
    let (handed, ended) = deliver(source(&folder.file(name, bytes), toml), None).await;
    ended.unwrap();
    handed
        .into_iter()
        .flat_map(|handed| handed.events)
        .collect()
}

/// Why a file with these bytes is refused.
async fn refusal(name: &str, bytes: impl AsRef<[u8]>, toml: &str) -> String {
    let folder = Folder::new();
    let (handed, ended) = deliver(source(&folder.file(name, bytes), toml), None).await;
    assert!(
        handed.is_empty(),
        "nothing is delivered of a file that is refused"
    );
    ended.unwrap_err().message
}

fn items(events: &[RawEvent]) -> Vec<&RawItem> {
    let mut items = Vec::new();
    for event in events {
        if let RawEvent::Upsert(item) = event {
            items.push(&**item);
        }
    }
    items
}

fn unusable(events: &[RawEvent]) -> Vec<(Unusable, &str)> {
    let mut unusable = Vec::new();
    for event in events {
        if let RawEvent::Unusable { reason, detail, .. } = event {
            unusable.push((*reason, detail.as_str()));
        }
    }
    unusable
}

fn texts(events: &[RawEvent]) -> Vec<&str> {
    items(events)
        .into_iter()
        .map(|item| item.text.as_str())
        .collect()
}
