//! What a registry answers when it cannot do what is asked, in Confluent's shape.

use crate::MEDIA_TYPE;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer that is not the one asked for.
pub(crate) struct Refusal {
    status: StatusCode,
    /// Five digits where the protocol has a code of its own, else the status again.
    code: u32,
    message: String,
}

impl Refusal {
    pub(crate) fn no_subject(subject: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            40_401,
            format!("Subject '{subject}' not found."),
        )
    }

    pub(crate) fn no_version(version: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            40_402,
            format!("Version {version} not found."),
        )
    }

    pub(crate) fn no_schema() -> Self {
        Self::new(StatusCode::NOT_FOUND, 40_403, "Schema not found".to_owned())
    }

    pub(crate) fn no_number(version: &str) -> Self {
        let message = format!(
            "The specified version '{version}' is not a valid version id: a number of 1 or more, \
             or \"latest\"."
        );
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, 42_202, message)
    }

    pub(crate) fn no_request(problem: &serde_json::Error) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            422,
            format!("the body is no request for a schema: {problem}"),
        )
    }

    pub(crate) fn nothing_there() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "HTTP 404 Not Found")
    }

    pub(crate) fn read_only() -> Self {
        Self::plain(
            StatusCode::METHOD_NOT_ALLOWED,
            "HTTP 405 Method Not Allowed: hark serves its own schemas, and nothing can be changed here",
        )
    }

    fn plain(status: StatusCode, message: &str) -> Self {
        Self::new(status, u32::from(status.as_u16()), message.to_owned())
    }

    fn new(status: StatusCode, code: u32, message: String) -> Self {
        Self {
            status,
            code,
            message,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Answer(json!({ "error_code": self.code, "message": self.message }));
        (self.status, body).into_response()
    }
}

/// A body.
pub(crate) struct Answer(pub(crate) Value);

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, MEDIA_TYPE)], self.0.to_string()).into_response()
    }
}
