//! Sending: the only place that does network I/O, and the only one that is async.

use crate::answer::{Answer, Verdict};
use crate::error::CareError;
use hark_stream::Log;
use reqwest::Client;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::redirect::Policy;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use url::Url;

const USER_AGENT: &str = concat!("hark/", env!("CARGO_PKG_VERSION"));
const CONTENT: &str = "application/cloudevents+json";
/// An answer's body is read this far, so that its connection can be used again, and thrown away.
const LONGEST_BODY: usize = 64 * 1024;
const CLOSING: Duration = Duration::from_secs(1);

/// One attempt, signed.
pub(crate) struct Request {
    pub(crate) route: usize,
    pub(crate) number: u64,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    pub(crate) timeout: Duration,
}

/// Makes requests, and hands their answers to the thread that asked for them.
pub(crate) struct Sender {
    runtime: Runtime,
    client: Client,
    log: Arc<dyn Log>,
    answers_in: SyncSender<Answer>,
    answers: Receiver<Answer>,
}

impl Sender {
    /// `most` requests may be under way; `tls` whether any of them goes to an `https://` URL.
    pub(crate) fn new(log: Arc<dyn Log>, most: usize, tls: bool) -> Result<Self, CareError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("care-http")
            .enable_all()
            .build()
            .map_err(|error| CareError::Http(error.to_string()))?;
        // As many places as there can be answers: handing one over never blocks.
        let (answers_in, answers) = sync_channel(most.max(1));
        Ok(Self {
            runtime,
            client: client(tls)?,
            log,
            answers_in,
            answers,
        })
    }

    /// Starts a request. Its answer comes through [`Sender::answers`], and interrupts the log.
    pub(crate) fn send(&self, request: Request) {
        let (route, number) = (request.route, request.number);
        let attempt = self.runtime.spawn(post(self.client.clone(), request));
        let (answers, log) = (self.answers_in.clone(), Arc::clone(&self.log));
        self.runtime.spawn(async move {
            let verdict = attempt
                .await
                .unwrap_or_else(|_| Verdict::failed("hark broke off".to_owned()));
            // Fails only when nobody waits for answers any more.
            if answers
                .try_send(Answer {
                    route,
                    number,
                    verdict,
                })
                .is_ok()
            {
                log.interrupt();
            }
        });
    }

    /// The answers that are there.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        self.answers.try_iter().collect()
    }

    /// Waits for an answer.
    pub(crate) fn wait(&self, longest: Duration) -> Result<Answer, RecvTimeoutError> {
        self.answers.recv_timeout(longest)
    }

    /// Breaks off what is under way. Afterwards nothing of it holds the log any more, unless a
    /// name is being looked up: that cannot be broken off, and is left alone.
    pub(crate) fn close(self) {
        self.runtime.shutdown_timeout(CLOSING);
    }
}

/// No redirects: the operator chose the address, not the receiver.
fn client(tls: bool) -> Result<Client, CareError> {
    // Fails when the process already has a provider, which is then as good as this one.
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .redirect(Policy::none());
    if !tls {
        // A machine without any certificate authority can still call http:// receivers.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        let cause = std::error::Error::source(&error).map_or(String::new(), |c| format!(": {c}"));
        CareError::Http(format!(
            "{error}{cause}; are the system's CA certificates installed?"
        ))
    })
}

async fn post(client: Client, request: Request) -> Verdict {
    let Request {
        url,
        headers,
        body,
        timeout,
        ..
    } = request;
    let sent = client
        .post(url)
        .timeout(timeout)
        .header(CONTENT_TYPE, CONTENT)
        .headers(headers)
        .body(body)
        .send()
        .await;
    match sent {
        Ok(mut response) => {
            let verdict = Verdict::of_response(response.status(), response.headers());
            let mut read = 0;
            while read < LONGEST_BODY
                && let Ok(Some(chunk)) = response.chunk().await
            {
                read += chunk.len();
            }
            verdict
        }
        Err(error) => Verdict::of_error(error, timeout),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_needs_nothing_but_the_machines_certificates() {
        assert!(client(false).is_ok());
        // A machine without any is told so; a missing cryptography provider would panic.
        if let Err(error) = client(true) {
            assert!(error.to_string().contains("CA certificates"), "{error}");
        }
    }
}
