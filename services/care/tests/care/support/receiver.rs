//! A receiver of webhooks, with hooks.

use super::PATIENCE;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use hmac::{Hmac, Mac};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver as Channel, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use url::Url;

/// What it answers.
#[derive(Clone)]
pub(crate) enum Reply {
    Status(u16),
    /// A status with a header.
    With(u16, &'static str, String),
    /// Calls, then answers.
    After(u16, Arc<dyn Fn() + Send + Sync>),
    /// Never answers.
    Never,
}

pub(crate) struct Delivery {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

struct Hooks {
    script: Mutex<VecDeque<Reply>>,
    always: Mutex<Reply>,
    deliveries: Mutex<Sender<Delivery>>,
}

/// A real HTTP server on loopback. Answers 204 unless told otherwise.
pub(crate) struct Receiver {
    pub(crate) url: Url,
    hooks: Arc<Hooks>,
    deliveries: Channel<Delivery>,
    _runtime: Runtime,
}

impl Receiver {
    pub(crate) fn new() -> Self {
        let (sender, deliveries) = channel();
        let hooks = Arc::new(Hooks {
            script: Mutex::default(),
            always: Mutex::new(Reply::Status(204)),
            deliveries: Mutex::new(sender),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .unwrap();
        let url = format!(
            "http://{}/hark?token=canary",
            listener.local_addr().unwrap()
        );
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&hooks));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            url: url.parse().unwrap(),
            hooks,
            deliveries,
            _runtime: runtime,
        }
    }

    pub(crate) fn failing_first(self, times: usize) -> Self {
        self.answering_first(std::iter::repeat_n(Reply::Status(500), times))
    }

    pub(crate) fn answering_first(self, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.hooks.script.lock().unwrap().extend(replies);
        self
    }

    pub(crate) fn always(self, reply: Reply) -> Self {
        self.henceforth(reply);
        self
    }

    pub(crate) fn henceforth(&self, reply: Reply) {
        *self.hooks.always.lock().unwrap() = reply;
    }

    /// The next request, however it was answered.
    pub(crate) fn next(&self) -> Delivery {
        self.deliveries
            .recv_timeout(PATIENCE)
            .expect("a request should have come")
    }

    pub(crate) fn within(&self, time: Duration) -> Option<Delivery> {
        self.deliveries.recv_timeout(time).ok()
    }

    /// The ids of all requests that came and were not taken yet.
    pub(crate) fn rest(&self) -> Vec<String> {
        self.deliveries
            .try_iter()
            .map(|delivery| delivery.id().to_owned())
            .collect()
    }
}

async fn receive(State(hooks): State<Arc<Hooks>>, headers: HeaderMap, body: Bytes) -> Response {
    let scripted = hooks.script.lock().unwrap().pop_front();
    let reply = scripted.unwrap_or_else(|| hooks.always.lock().unwrap().clone());
    // Fails only after the test has ended.
    let _ = hooks.deliveries.lock().unwrap().send(Delivery {
        headers,
        body: body.to_vec(),
    });
    let status = |code: u16| StatusCode::from_u16(code).unwrap();
    match reply {
        Reply::Status(code) => status(code).into_response(),
        Reply::With(code, name, value) => (status(code), [(name, value)]).into_response(),
        Reply::After(code, call) => {
            tokio::task::spawn_blocking(move || call()).await.unwrap();
            status(code).into_response()
        }
        Reply::Never => std::future::pending().await,
    }
}

impl Delivery {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Seconds since the epoch.
    pub(crate) fn attempted_at(&self) -> i64 {
        self.header("webhook-timestamp").parse().unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Checks the signature as the specification tells receivers to, without hark's code.
    pub(crate) fn is_signed_with(&self, key: &[u8]) -> bool {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
        mac.update(self.id().as_bytes());
        mac.update(b".");
        mac.update(self.header("webhook-timestamp").as_bytes());
        mac.update(b".");
        mac.update(&self.body);
        let (version, code) = self.header("webhook-signature").split_once(',').unwrap();
        let code = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, code);
        version == "v1" && mac.verify_slice(&code.unwrap()).is_ok()
    }
}
