//! The `[[source]]` sections: an id, a kind, and what that kind asks for.

use super::document::{Problems, Table, read, take};
use hark_ingest::{FileConfig, HttpConfig, JetstreamConfig};
use hark_model::SourceId;

/// One source.
#[derive(Clone, Debug)]
pub(crate) struct SourceConfig {
    pub(crate) id: SourceId,
    pub(crate) kind: SourceKind,
}

/// What kind of source it is.
#[derive(Clone, Debug)]
pub(crate) enum SourceKind {
    File(Box<FileConfig>),
    Http(HttpConfig),
    Jetstream(JetstreamConfig),
}

const KINDS: &str = "file, http, jetstream";

impl SourceConfig {
    pub(super) fn read(mut table: Table<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let at = table.span().start;
        let id = text(&mut table, "id", at, problems);
        let kind = text(&mut table, "kind", at, problems);
        let (id, (kind, kind_at)) = (id?.0, kind?);
        if !is_plain(&id) {
            problems.add(
                at,
                format!("source {id:?}: an id has lower-case letters, digits and hyphens"),
            );
        }
        let kind = match kind.as_str() {
            "file" => {
                let config: FileConfig = read(table, problems)?;
                config
                    .check()
                    .map_err(|m| problems.add(at, format!("source {id}: {m}")))
                    .ok()?;
                SourceKind::File(Box::new(config))
            }
            "http" => {
                let config: HttpConfig = read(table, problems)?;
                config
                    .check()
                    .map_err(|m| problems.add(at, format!("source {id}: {m}")))
                    .ok()?;
                SourceKind::Http(config)
            }
            "jetstream" => {
                let config: JetstreamConfig = read(table, problems)?;
                config
                    .check()
                    .map_err(|m| problems.add(at, format!("source {id}: {m}")))
                    .ok()?;
                SourceKind::Jetstream(config)
            }
            other => {
                problems.add(
                    kind_at,
                    format!("unknown kind of source {other:?}; one of {KINDS}"),
                );
                return None;
            }
        };
        Some(Self {
            id: SourceId::new(id),
            kind,
        })
    }
}

fn text(
    table: &mut Table<'_>,
    name: &str,
    at: usize,
    problems: &mut Problems<'_>,
) -> Option<(String, usize)> {
    match take(table, name) {
        None => {
            problems.add(at, format!("a source needs {name}"));
            None
        }
        Some(value) => match value.get_ref().as_str() {
            Some(text) => Some((text.to_owned(), value.span().start)),
            None => {
                problems.add(value.span().start, format!("{name} is a text"));
                None
            }
        },
    }
}

/// Ids stand in keys, labels and file names.
pub(super) fn is_plain(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    !id.is_empty() && id.len() <= 64 && id.chars().all(plain)
}
