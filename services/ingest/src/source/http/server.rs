//! The endpoint: what is asked of a request, in which order, and how it is answered.

use super::answer;
use super::body::{self, BodyError};
use super::patience::Handling;
use super::{HttpConfig, Secret, parse};
use crate::source::{Delivery, Intake, IntakeFull, Receipt};
use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::Response;
use axum::routing::post;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Requests that are read and parsed at the same time; bounds memory to this many bodies.
const AT_ONCE: usize = 32;

/// What every request needs.
pub(super) struct Endpoint {
    pub(super) config: HttpConfig,
    pub(super) token: Secret,
    pub(super) intake: Intake,
    pub(super) body_limit: Duration,
    pub(super) room: Semaphore,
}

impl Endpoint {
    /// An endpoint that hands over to `intake`.
    pub(super) fn new(
        config: HttpConfig,
        token: Secret,
        intake: Intake,
        body_limit: Duration,
    ) -> Self {
        Self {
            config,
            token,
            intake,
            body_limit,
            room: Semaphore::new(AT_ONCE),
        }
    }
}

/// The routes.
pub(super) fn router(endpoint: Endpoint) -> Router {
    Router::new()
        .route(
            "/v1/items",
            post(take).fallback(async || answer::method_not_allowed()),
        )
        .fallback(async || answer::not_found())
        .with_state(Arc::new(endpoint))
}

async fn take(
    State(endpoint): State<Arc<Endpoint>>,
    ConnectInfo(handling): ConnectInfo<Handling>,
    request: Request,
) -> Response {
    let _handled = handling.begin();
    match endpoint.take(request).await {
        Ok(receipt) => answer::accepted(receipt),
        Err(refusal) => *refusal,
    }
}

impl Endpoint {
    async fn take(&self, request: Request) -> Result<Receipt, Box<Response>> {
        self.authorize(request.headers())?;
        let packed = is_packed(request.headers())?;
        require_json(request.headers())?;
        let max_wait = self.config.max_wait;
        let room = tokio::time::timeout(max_wait, self.room.acquire()).await;
        let Ok(Ok(_room)) = room else {
            return Err(Box::new(answer::busy(
                "too many requests at once; try again",
                max_wait,
            )));
        };
        let bytes = self.body(request, packed).await?;
        let events = parse::events(&bytes).map_err(|bad| Box::new(answer::bad_request(&bad)))?;
        drop(bytes);
        if events.is_empty() {
            return Ok(Receipt::default());
        }
        let delivery = Delivery {
            events,
            cursor: None,
        };
        self.intake
            .commit_within(delivery, max_wait, self.config.max_commit_wait)
            .await
            .map_err(|why| {
                let message = match why {
                    IntakeFull::Full => {
                        "the pipeline is full; nothing of this was taken; try again"
                    }
                    IntakeFull::Unknown => {
                        "the log does not answer; this may be taken yet, so send it again"
                    }
                    IntakeFull::Closed(_) => "the pipeline has stopped; send this again later",
                };
                Box::new(answer::busy(message, max_wait))
            })
    }

    fn authorize(&self, headers: &HeaderMap) -> Result<(), Box<Response>> {
        let given = headers
            .get(header::AUTHORIZATION)
            .map(|value| value.as_bytes());
        let token = given.and_then(|value| {
            let (scheme, token) = value.split_at_checked(7)?;
            scheme
                .eq_ignore_ascii_case(b"bearer ")
                .then(|| token.trim_ascii())
        });
        match token {
            Some(token) if self.token.matches(token) => Ok(()),
            _ => Err(Box::new(answer::unauthorized())),
        }
    }

    async fn body(&self, request: Request, packed: bool) -> Result<Vec<u8>, Box<Response>> {
        let cap = self.config.max_body_bytes;
        let refuse = |why: BodyError| Box::new(answer::unreadable(&why, cap));
        if asks_first(&request, cap) {
            return Err(refuse(BodyError::TooLarge));
        }
        let reading = tokio::time::timeout(self.body_limit, body::read(request.into_body(), cap));
        let bytes = reading
            .await
            .map_err(|_| Box::new(answer::too_slow()))?
            .map_err(refuse)?;
        if packed {
            body::unpack(&bytes, cap).map_err(refuse)
        } else {
            Ok(bytes)
        }
    }
}

/// Whether a sender waits for a word before it sends a body that is too large anyway.
fn asks_first(request: &Request, cap: usize) -> bool {
    let length = text(request.headers(), header::CONTENT_LENGTH).parse::<u64>();
    request.headers().contains_key(header::EXPECT) && length.is_ok_and(|n| n > cap as u64)
}

fn is_packed(headers: &HeaderMap) -> Result<bool, Box<Response>> {
    match text(headers, header::CONTENT_ENCODING)
        .to_ascii_lowercase()
        .as_str()
    {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        coding => Err(Box::new(answer::unknown_coding(coding))),
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), Box<Response>> {
    let content_type = text(headers, header::CONTENT_TYPE).to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_json = essence.ends_with("/json")
        || essence.ends_with("+json")
        || matches!(
            essence,
            "" | "application/x-ndjson"
                | "application/ndjson"
                | "application/jsonl"
                | "application/x-jsonlines"
        );
    if is_json {
        Ok(())
    } else {
        Err(Box::new(answer::not_json(essence)))
    }
}

fn text(headers: &HeaderMap, name: HeaderName) -> &str {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default()
        .trim()
}
