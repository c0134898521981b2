//! A registry of our own, read-only.

use crate::PROTOBUF;
use crate::answers::{Answer, Refusal};
use crate::catalogue::{Catalogue, Entry, VERSION};
use crate::same::same;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What was asked, or why not.
type Answered = Result<Answer, Refusal>;

/// The part of Confluent's schema registry API that readers need. The rest is answered 404 or
/// 405, in the same shape.
///
/// | request | answer |
/// |---|---|
/// | `GET /schemas/ids/{id}` | the schema with an id |
/// | `GET /schemas/ids/{id}/schema` | its text alone |
/// | `GET /schemas/ids/{id}/versions` | where it stands |
/// | `GET /schemas/types` | `["PROTOBUF"]` |
/// | `GET /subjects` | the subjects' names |
/// | `GET /subjects/{subject}/versions` | `[1]` |
/// | `GET /subjects/{subject}/versions/{number, or latest}` | the schema under a subject |
/// | `GET /subjects/{subject}/versions/{number, or latest}/schema` | its text alone |
/// | `POST /subjects/{subject}` | which version a schema is: a question, though a POST |
/// | `GET /config`, `GET /config/{subject}` | what may change: what both older and newer readers can read |
/// | `GET /mode` | `READONLY` |
///
/// With `?format=serialized` a schema is an encoded `google.protobuf.FileDescriptorProto` in
/// base64 instead of text: Confluent's client for Python asks for that.
pub fn routes(catalogue: Catalogue) -> Router {
    Router::new()
        .route("/schemas/ids/{id}", get(by_id))
        .route("/schemas/ids/{id}/schema", get(text_by_id))
        .route("/schemas/ids/{id}/versions", get(places_of_id))
        .route("/schemas/types", get(async || Answer(json!([PROTOBUF]))))
        .route("/subjects", get(subjects))
        .route("/subjects/{subject}", get(no_such_thing).post(lookup))
        .route("/subjects/{subject}/versions", get(versions))
        .route("/subjects/{subject}/versions/{version}", get(by_version))
        .route(
            "/subjects/{subject}/versions/{version}/schema",
            get(text_by_version),
        )
        .route("/config", get(compatibility))
        .route("/config/{subject}", get(compatibility_of))
        .route("/mode", get(async || Answer(json!({ "mode": "READONLY" }))))
        .method_not_allowed_fallback(async || Refusal::read_only())
        .fallback(no_such_thing)
        .with_state(Arc::new(catalogue))
}

/// How a schema is wanted.
#[derive(Deserialize)]
struct Wanted {
    format: Option<String>,
}

impl Wanted {
    fn text(&self, entry: &Entry) -> String {
        match self.format.as_deref() {
            Some("serialized") => STANDARD.encode(entry.schema.descriptor()),
            _ => entry.schema.text.to_owned(),
        }
    }
}

type Shared = State<Arc<Catalogue>>;

async fn no_such_thing() -> Refusal {
    Refusal::nothing_there()
}

fn find_id<'a>(catalogue: &'a Catalogue, id: &str) -> Result<&'a Entry, Refusal> {
    let id: u32 = id.parse().map_err(|_| Refusal::nothing_there())?;
    catalogue.id(id).ok_or_else(Refusal::no_schema)
}

fn find_subject<'a>(catalogue: &'a Catalogue, subject: &str) -> Result<&'a Entry, Refusal> {
    let found = catalogue.subject(subject);
    found.ok_or_else(|| Refusal::no_subject(subject))
}

fn find_version<'a>(
    catalogue: &'a Catalogue,
    subject: &str,
    version: &str,
) -> Result<&'a Entry, Refusal> {
    let entry = find_subject(catalogue, subject)?;
    // −1 is an older way to say latest.
    let known = match version {
        "latest" | "-1" => VERSION,
        number => match number.parse() {
            Ok(number) if number > 0 => number,
            _ => return Err(Refusal::no_number(version)),
        },
    };
    if known == VERSION {
        Ok(entry)
    } else {
        Err(Refusal::no_version(version))
    }
}

async fn by_id(
    State(catalogue): Shared,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Answered {
    let entry = find_id(&catalogue, &id)?;
    Ok(Answer(Value::Object(entry.body(&wanted.text(entry)))))
}

async fn text_by_id(
    State(catalogue): Shared,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<String, Refusal> {
    Ok(wanted.text(find_id(&catalogue, &id)?))
}

async fn places_of_id(State(catalogue): Shared, Path(id): Path<String>) -> Answered {
    let entry = find_id(&catalogue, &id)?;
    let place = json!({ "subject": entry.subject, "version": VERSION });
    Ok(Answer(json!([place])))
}

async fn subjects(State(catalogue): Shared) -> Answer {
    let subjects = catalogue.entries().iter().map(|entry| &*entry.subject);
    Answer(subjects.collect())
}

async fn versions(State(catalogue): Shared, Path(subject): Path<String>) -> Answered {
    find_subject(&catalogue, &subject)?;
    Ok(Answer(json!([VERSION])))
}

async fn by_version(
    State(catalogue): Shared,
    Path((subject, version)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Answered {
    let entry = find_version(&catalogue, &subject, &version)?;
    let mut answer = entry.json();
    answer["schema"] = Value::String(wanted.text(entry));
    Ok(Answer(answer))
}

async fn text_by_version(
    State(catalogue): Shared,
    Path((subject, version)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<String, Refusal> {
    Ok(wanted.text(find_version(&catalogue, &subject, &version)?))
}

/// A schema whose place is asked for.
#[derive(Deserialize)]
struct Sought {
    schema: String,
}

async fn lookup(
    State(catalogue): Shared,
    Path(subject): Path<String>,
    Query(wanted): Query<Wanted>,
    body: Bytes,
) -> Answered {
    let entry = find_subject(&catalogue, &subject)?;
    let sought: Sought =
        serde_json::from_slice(&body).map_err(|problem| Refusal::no_request(&problem))?;
    if !same(&entry.schema, &sought.schema) {
        return Err(Refusal::no_schema());
    }
    let mut answer = entry.json();
    answer["schema"] = Value::String(wanted.text(entry));
    Ok(Answer(answer))
}

/// hark.v1 is only ever added to: every version is read by older and by newer readers.
async fn compatibility() -> Answer {
    Answer(json!({ "compatibilityLevel": "FULL_TRANSITIVE" }))
}

async fn compatibility_of(State(catalogue): Shared, Path(subject): Path<String>) -> Answered {
    find_subject(&catalogue, &subject)?;
    Ok(compatibility().await)
}
