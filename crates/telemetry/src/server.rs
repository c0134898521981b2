//! `/metrics`, `/healthz`, `/readyz`, and what a program adds.

use crate::{Health, Metrics};
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The operators' HTTP server.
pub struct Server {
    listener: TcpListener,
    metrics: Metrics,
    health: Health,
    more: Router,
}

/// The server cannot run.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {error}; choose another address under [http] listen")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The server broke.
    #[error("the metrics server failed: {0}")]
    Serve(std::io::Error),
}

impl Server {
    /// Takes the address (port 0: any free one).
    pub async fn bind(
        address: &str,
        metrics: Metrics,
        health: Health,
    ) -> Result<Self, ServerError> {
        let listener = TcpListener::bind(address)
            .await
            .map_err(|error| ServerError::Listen {
                address: address.to_owned(),
                error,
            })?;
        Ok(Self {
            listener,
            metrics,
            health,
            more: Router::new(),
        })
    }

    /// Answers these requests too, and with their fallback what nothing else answers.
    pub fn with(mut self, more: Router) -> Self {
        self.more = self.more.merge(more);
        self
    }

    /// Where it listens.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.local_addr().ok()
    }

    /// Answers until `stop`.
    pub async fn serve(self, stop: CancellationToken) -> Result<(), ServerError> {
        let router = Router::new()
            .route("/metrics", get(metrics))
            .with_state(self.metrics)
            .merge(
                Router::new()
                    .route("/healthz", get(|| async { "ok\n" }))
                    .route("/readyz", get(readiness))
                    .with_state(self.health),
            )
            .merge(self.more);
        axum::serve(self.listener, router)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
            .map_err(ServerError::Serve)
    }
}

async fn metrics(State(metrics): State<Metrics>) -> impl IntoResponse {
    (
        [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )],
        metrics.render(),
    )
}

async fn readiness(State(health): State<Health>) -> impl IntoResponse {
    let readiness = health.readiness(Instant::now());
    if readiness.ready {
        (StatusCode::OK, "ready\n".to_owned())
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            readiness.reasons.join("\n") + "\n",
        )
    }
}
