//! A small registry that can be written to, in memory.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

/// A registry at work, at its address and under `/under/a/path`.
pub(crate) struct Fake {
    pub(crate) url: String,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    /// In the order they came; an id is a place here, a hundred on.
    schemas: Vec<(String, Value)>,
    /// What every request is answered instead.
    instead: Option<(u16, String)>,
    /// What clients said they are.
    authorizations: Vec<Option<String>>,
}

/// Serves a router on a free port; returns its address.
pub(crate) async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

type Shared = State<Arc<Mutex<Kept>>>;
type Answered = (StatusCode, String);

impl Fake {
    pub(crate) async fn start() -> Self {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let routes = Router::new()
            .route("/subjects/{subject}", post(find))
            .route("/subjects/{subject}/versions", post(add));
        let router = Router::new()
            .nest("/under/a/path", routes.clone())
            .merge(routes)
            .with_state(Arc::clone(&kept));
        Self {
            url: serve(router).await,
            kept,
        }
    }

    /// Puts a schema in, as somebody else did before.
    pub(crate) fn has(&self, subject: &str, schema: &str) {
        let body = json!({ "schema": schema, "references": [] });
        let mut kept = self.kept.lock().unwrap();
        kept.schemas.push((subject.to_owned(), body));
    }

    /// From now on it answers everything so.
    pub(crate) fn answers(&self, status: u16, body: &str) {
        self.kept.lock().unwrap().instead = Some((status, body.to_owned()));
    }

    /// The subjects, as often as something was put in.
    pub(crate) fn subjects(&self) -> Vec<String> {
        let kept = self.kept.lock().unwrap();
        kept.schemas.iter().map(|(name, _)| name.clone()).collect()
    }

    /// What was put in last under a subject.
    pub(crate) fn newest(&self, subject: &str) -> Value {
        let kept = self.kept.lock().unwrap();
        let mut found = kept.schemas.iter().rev();
        found.find(|(name, _)| name == subject).unwrap().1.clone()
    }

    /// Who the client of the last request said it is.
    pub(crate) fn authorization(&self) -> Option<String> {
        let kept = self.kept.lock().unwrap();
        kept.authorizations.last().unwrap().clone()
    }
}

impl Kept {
    fn version(&self, place: usize) -> usize {
        let subject = &self.schemas[place].0;
        let before = self.schemas[..=place].iter();
        before.filter(|(name, _)| name == subject).count()
    }

    /// The place of a schema under a subject.
    fn place(&self, subject: &str, body: &Value) -> Option<usize> {
        let same = |(name, kept): &(String, Value)| {
            name == subject
                && kept["schema"] == body["schema"]
                && kept["references"] == body["references"]
        };
        self.schemas.iter().position(same)
    }

    /// Whether it has what a schema references, in that version.
    fn has_references(&self, body: &Value) -> bool {
        body["references"].as_array().unwrap().iter().all(|wanted| {
            (0..self.schemas.len()).any(|place| {
                self.schemas[place].0 == wanted["subject"]
                    && wanted["version"] == self.version(place)
            })
        })
    }

    fn hears(&mut self, headers: &HeaderMap) -> Option<Answered> {
        let said = headers.get("authorization");
        let said = said.map(|value| value.to_str().unwrap().to_owned());
        self.authorizations.push(said);
        let (status, body) = self.instead.clone()?;
        Some((StatusCode::from_u16(status).unwrap(), body))
    }
}

fn complaint(status: StatusCode, code: u32) -> Answered {
    let body = json!({ "error_code": code, "message": "so it is" });
    (status, body.to_string())
}

async fn find(
    state: Shared,
    subject: Path<String>,
    headers: HeaderMap,
    body: Json<Value>,
) -> Answered {
    answer(&state, subject, &headers, body, |kept, subject, body| {
        if !kept.schemas.iter().any(|(name, _)| *name == subject) {
            return complaint(StatusCode::NOT_FOUND, 40_401);
        }
        let Some(place) = kept.place(&subject, &body) else {
            return complaint(StatusCode::NOT_FOUND, 40_403);
        };
        let version = kept.version(place);
        let body =
            json!({ "subject": subject, "id": place + 100, "version": version, "schema": "…" });
        (StatusCode::OK, body.to_string())
    })
}

async fn add(
    state: Shared,
    subject: Path<String>,
    headers: HeaderMap,
    body: Json<Value>,
) -> Answered {
    answer(&state, subject, &headers, body, |kept, subject, body| {
        if body["schemaType"] != "PROTOBUF" || !kept.has_references(&body) {
            return complaint(StatusCode::UNPROCESSABLE_ENTITY, 42_201);
        }
        kept.schemas.push((subject, body));
        let id = kept.schemas.len() + 99;
        (StatusCode::OK, json!({ "id": id }).to_string())
    })
}

/// What it was told to say, or else what `usual` says.
fn answer(
    State(kept): &Shared,
    Path(subject): Path<String>,
    headers: &HeaderMap,
    Json(body): Json<Value>,
    usual: impl FnOnce(&mut Kept, String, Value) -> Answered,
) -> Answered {
    let mut kept = kept.lock().unwrap();
    let instead = kept.hears(headers);
    instead.unwrap_or_else(|| usual(&mut kept, subject, body))
}
