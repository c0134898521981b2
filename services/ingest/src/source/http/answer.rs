//! What a sender is told.

use super::body::BodyError;
use super::parse::BadBody;
use crate::source::Receipt;
use axum::body::Body;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::Response;
use serde_json::json;
use std::time::Duration;

/// 202: all of it is committed.
pub(super) fn accepted(receipt: Receipt) -> Response {
    let body = json!({
        "accepted": receipt.accepted,
        "duplicate": receipt.duplicate,
        "filtered": receipt.filtered,
        "dead_lettered": receipt.dead_lettered,
    });
    answer(StatusCode::ACCEPTED, &body, &[])
}

/// 400: nothing of it is taken, and the first thing that is wrong.
pub(super) fn bad_request(bad: &BadBody) -> Response {
    let body = json!({ "error": bad.error, "index": bad.index, "field": bad.field });
    answer(StatusCode::BAD_REQUEST, &body, &[])
}

/// 401: no token, or another one.
pub(super) fn unauthorized() -> Response {
    let header = (header::WWW_AUTHENTICATE, "Bearer realm=\"hark\"".to_owned());
    error(
        StatusCode::UNAUTHORIZED,
        "a valid bearer token is needed",
        &[header],
    )
}

/// 404: another path.
pub(super) fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "items are posted to /v1/items", &[])
}

/// 405: another method.
pub(super) fn method_not_allowed() -> Response {
    let header = (header::ALLOW, "POST".to_owned());
    error(
        StatusCode::METHOD_NOT_ALLOWED,
        "items are posted",
        &[header],
    )
}

/// 408: the body took too long.
pub(super) fn too_slow() -> Response {
    error(
        StatusCode::REQUEST_TIMEOUT,
        "the body did not come in time",
        &[],
    )
}

/// 413, or what else a body was refused for.
pub(super) fn unreadable(why: &BodyError, cap: usize) -> Response {
    match why {
        BodyError::TooLarge => {
            let message = format!("a request may have {cap} bytes, unpacked; send fewer items");
            error(StatusCode::PAYLOAD_TOO_LARGE, &message, &[])
        }
        BodyError::Broken => error(StatusCode::BAD_REQUEST, "the body broke off", &[]),
        BodyError::NotGzip => error(StatusCode::BAD_REQUEST, "the body is not gzip", &[]),
    }
}

/// 415: a content type that is no JSON.
pub(super) fn not_json(content_type: &str) -> Response {
    let message = format!(
        "{content_type:?} is no JSON: send Content-Type application/json or application/x-ndjson"
    );
    error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message, &[])
}

/// 415: an encoding that is not gzip.
pub(super) fn unknown_coding(coding: &str) -> Response {
    let message = format!("the content encoding {coding:?} is not known: send gzip or none");
    let header = (header::ACCEPT_ENCODING, "gzip".to_owned());
    error(StatusCode::UNSUPPORTED_MEDIA_TYPE, &message, &[header])
}

/// 503: not now; nothing of it is taken, or at least nobody knows.
pub(super) fn busy(message: &str, retry_after: Duration) -> Response {
    let seconds = retry_after.as_secs().max(1).to_string();
    error(
        StatusCode::SERVICE_UNAVAILABLE,
        message,
        &[(header::RETRY_AFTER, seconds)],
    )
}

fn error(status: StatusCode, message: &str, headers: &[(HeaderName, String)]) -> Response {
    answer(status, &json!({ "error": message }), headers)
}

fn answer(
    status: StatusCode,
    body: &serde_json::Value,
    headers: &[(HeaderName, String)],
) -> Response {
    let json = (header::CONTENT_TYPE, "application/json".to_owned());
    let mut response = Response::builder().status(status);
    for (name, value) in headers.iter().chain([&json]) {
        response = response.header(name, value);
    }
    response
        .body(Body::from(body.to_string()))
        .expect("these headers are made of visible ASCII characters")
}
