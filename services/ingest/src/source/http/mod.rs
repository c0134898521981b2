//! Items that somebody pushes: `POST /v1/items` with a bearer token.
//!
//! A request holds one item, an array, or one item a line, plain or gzip. It is answered 202 once
//! everything in it is committed. One bad item refuses the whole request with 400 and nothing is
//! written, so that a sender that repeats it neither loses nor doubles the good ones; repeating
//! is always safe, as an item's id and version tell what is known already. 503 with Retry-After
//! means not now.

mod answer;
mod body;
mod config;
mod item;
mod map;
mod parse;
mod patience;
mod secret;
mod server;
#[cfg(test)]
mod tests;

pub use config::HttpConfig;
pub use secret::Secret;

use super::{Cursor, Intake, Source, SourceError};
use hark_model::SourceId;
use patience::{Handling, PatientListener};
use server::Endpoint;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

/// The variable that holds the token unless the configuration names another place.
const TOKEN_ENV: &str = "HARK_PUSH_TOKEN";
/// How long a request's head, and after it its body, may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(30);
/// How long running requests are waited for when stopping.
const FINISH_LIMIT: Duration = Duration::from_secs(8);

/// An HTTP endpoint that takes items.
#[derive(Debug)]
pub struct HttpSource {
    id: SourceId,
    config: HttpConfig,
    listening: Option<oneshot::Sender<SocketAddr>>,
    request_limit: Duration,
}

impl HttpSource {
    /// An endpoint with this configuration; it listens once it runs.
    pub fn new(id: SourceId, config: HttpConfig) -> Self {
        Self {
            id,
            config,
            listening: None,
            request_limit: REQUEST_LIMIT,
        }
    }

    /// Tells the address, once it is known: with port 0 nobody else does.
    pub fn on_listening(mut self, listening: oneshot::Sender<SocketAddr>) -> Self {
        self.listening = Some(listening);
        self
    }

    /// How long a request's head, and after it its body, may take; 30 seconds unless told.
    pub fn with_request_limit(mut self, limit: Duration) -> Self {
        self.request_limit = limit;
        self
    }

    /// The token as the configuration says, or what to mend.
    pub fn token(config: &HttpConfig) -> Result<Secret, String> {
        config.check()?;
        let env = config.token_env.as_deref().unwrap_or(TOKEN_ENV);
        Secret::resolve(Some(env), config.token_file.as_deref())
    }

    async fn serve(&mut self, intake: &Intake, stop: CancellationToken) -> Result<(), String> {
        let token = Self::token(&self.config)?;
        let listen = self.config.listen;
        let unheard = |error| format!("cannot listen on {listen}: {error}");
        let listener = TcpListener::bind(listen).await.map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
        tracing::info!(source = %self.id, %address, "listening for pushed items");
        if let Some(listening) = self.listening.take() {
            // Whoever asked may have left; that is theirs to decide.
            let _ = listening.send(address);
        }
        let endpoint = Endpoint::new(
            self.config.clone(),
            token,
            intake.clone(),
            self.request_limit,
        );
        let listener = PatientListener {
            listener,
            limit: self.request_limit,
        };
        let service = server::router(endpoint).into_make_service_with_connect_info::<Handling>();
        let serving =
            axum::serve(listener, service).with_graceful_shutdown(stop.clone().cancelled_owned());
        let out_of_patience = async {
            stop.cancelled().await;
            tokio::time::sleep(FINISH_LIMIT).await;
        };
        tokio::select! {
            // Done before out of patience: a server that has finished is never called slow.
            biased;
            served = serving.into_future() => served.map_err(|error| format!("stopped: {error}")),
            () = out_of_patience => {
                tracing::warn!(source = %self.id, "left with requests still running");
                Ok(())
            }
        }
    }
}

impl Source for HttpSource {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn run<'a>(
        &'a mut self,
        intake: &'a Intake,
        _cursor: Option<Cursor>,
        stop: CancellationToken,
    ) -> Pin<Box<dyn Future<Output = Result<(), SourceError>> + Send + 'a>> {
        Box::pin(async move {
            self.serve(intake, stop)
                .await
                .map_err(|message| SourceError {
                    source_id: self.id.clone(),
                    message,
                })
        })
    }
}
