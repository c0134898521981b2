//! The endpoint as a whole, over a real connection.

mod client;
mod flow;
mod limits;
mod refusals;

use super::{HttpConfig, HttpSource};
use crate::source::file::tests::pipeline::TestPipeline;
use crate::source::{Source, SourceError};
use client::{Answer, Client};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

const TOKEN: &str = "canary-token";
const ITEM: &str = r#"{"id":"a","text":"one","created_at":"2026-07-04T14:38:08Z"}"#;

/// An endpoint that runs.
struct Running {
    address: SocketAddr,
    pipeline: TestPipeline,
    stop: CancellationToken,
    source: JoinHandle<Result<(), SourceError>>,
    _folder: tempfile::TempDir,
}

impl Running {
    async fn start() -> Self {
        Self::start_with(10_000, Duration::from_secs(30), |_| {}).await
    }

    async fn start_with(
        room: usize,
        request_limit: Duration,
        change: impl FnOnce(&mut HttpConfig),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let token_file = folder.path().join("token");
        std::fs::write(&token_file, format!("{TOKEN}\n")).unwrap();
        let mut config = HttpConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            token_file: Some(token_file),
            ..HttpConfig::default()
        };
        change(&mut config);
        let (intake, pipeline) = TestPipeline::new(room);
        let (listening, address) = oneshot::channel();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let mut source = HttpSource::new("push".into(), config)
            .on_listening(listening)
            .with_request_limit(request_limit);
        let source = tokio::spawn(async move { source.run(&intake, None, stopped).await });
        let address = address.await.expect("it listens");
        Self {
            address,
            pipeline,
            stop,
            source,
            _folder: folder,
        }
    }

    /// Sends a request with the right token and reads the answer, the pipeline committing.
    async fn post(&mut self, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let mut client = Client::connect(self.address).await;
        client.post(headers, body.as_ref()).await;
        let answering = client.answer();
        tokio::pin!(answering);
        loop {
            tokio::select! {
                answer = &mut answering => return answer,
                _ = self.pipeline.next() => {}
            }
        }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.source.await.unwrap().unwrap();
    }
}
