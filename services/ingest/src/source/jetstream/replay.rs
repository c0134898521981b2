//! A Jetstream of one's own, for tests: of this source, and of the whole system.

use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

/// What a server does on one connection, in order; then it drops the connection.
#[derive(Clone, Debug)]
pub enum Step {
    /// Sends a text message.
    Text(String),
    /// Sends a binary message.
    Binary(Vec<u8>),
    /// Sends these events, one a line, from the requested cursor on (all of them without one),
    /// as a service does that has kept them. Packed with the dictionary, if there is one.
    Archive(Archive),
    /// Sends a ping and waits for its answer, this many times.
    Pings(usize),
    /// Keeps the connection open without a word until the client leaves.
    Stay,
    /// Says goodbye properly instead of dropping the connection.
    Close,
    /// Refuses the connection with this status; the first step or none.
    Refuse(u16),
}

/// Events that a service has kept.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    /// One JSON event each.
    pub lines: Arc<[String]>,
    /// At most this many are sent; `None`: all.
    pub limit: Option<usize>,
    /// Packs them with this zstd dictionary.
    pub dictionary: Option<Arc<[u8]>>,
}

impl Archive {
    /// An archive of these lines, empty ones left out.
    pub fn of(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        Self {
            lines: lines.map(str::to_owned).collect(),
            limit: None,
            dictionary: None,
        }
    }
}

/// A server on a port of its own; gone when dropped.
#[derive(Debug)]
pub struct ReplayServer {
    address: SocketAddr,
    requests: mpsc::UnboundedReceiver<Asked>,
    _serving: AbortOnDropHandle<()>,
}

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The parameters in their order.
    pub query: Vec<(String, String)>,
}

impl Asked {
    /// A parameter's value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The cursor asked for.
    pub fn cursor(&self) -> Option<i64> {
        self.get("cursor")?.parse().ok()
    }
}

impl ReplayServer {
    /// Serves the nth connection by the nth script, and those behind the last one by silence.
    pub async fn start(scripts: Vec<Vec<Step>>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (asked, requests) = mpsc::unbounded_channel();
        let serving = tokio::spawn(serve(listener, scripts, asked));
        Ok(Self {
            address,
            requests,
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// Where to subscribe.
    pub fn url(&self) -> Url {
        Url::parse(&format!("ws://{}/subscribe", self.address)).expect("an address makes a URL")
    }

    /// The next request, once it comes.
    pub async fn asked(&mut self) -> Option<Asked> {
        self.requests.recv().await
    }

    /// A request that has come already.
    pub fn asked_already(&mut self) -> Option<Asked> {
        self.requests.try_recv().ok()
    }
}

async fn serve(
    listener: TcpListener,
    scripts: Vec<Vec<Step>>,
    asked: mpsc::UnboundedSender<Asked>,
) {
    let mut scripts = scripts.into_iter();
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let script = scripts.next().unwrap_or_else(|| vec![Step::Stay]);
        let asked = asked.clone();
        connections.spawn(async move {
            // A client that leaves in the middle ends its connection and nothing else.
            let _ = play(stream, script, &asked).await;
        });
    }
}

async fn play(
    stream: TcpStream,
    script: Vec<Step>,
    asked: &mpsc::UnboundedSender<Asked>,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let refusal = match script.first() {
        Some(Step::Refuse(status)) => Some(*status),
        _ => None,
    };
    let mut request = None;
    let socket = accept(stream, refusal, &mut request).await;
    let request = request.unwrap_or(Asked { query: Vec::new() });
    let cursor = request.cursor();
    // A test that has ended asks no more.
    let _ = asked.send(request);
    let mut socket = socket?;
    for step in script {
        perform(&mut socket, step, cursor).await?;
    }
    Ok(())
}

#[expect(clippy::result_large_err, reason = "the type is tungstenite's")]
async fn accept(
    stream: TcpStream,
    refusal: Option<u16>,
    asked: &mut Option<Asked>,
) -> Result<WebSocketStream<TcpStream>, tokio_tungstenite::tungstenite::Error> {
    let look = |request: &Request, response: Response| {
        let query = request.uri().query().unwrap_or_default();
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        *asked = Some(Asked {
            query: pairs.into_owned().collect(),
        });
        match refusal {
            None => Ok(response),
            Some(status) => {
                let mut refused = ErrorResponse::new(None);
                *refused.status_mut() =
                    StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
                Err(refused)
            }
        }
    };
    tokio_tungstenite::accept_hdr_async(stream, look).await
}

async fn perform(
    socket: &mut WebSocketStream<TcpStream>,
    step: Step,
    cursor: Option<i64>,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    use futures_util::{SinkExt, StreamExt};
    match step {
        Step::Text(text) => socket.send(Message::text(text)).await,
        Step::Binary(bytes) => socket.send(Message::binary(bytes)).await,
        Step::Archive(archive) => {
            for message in archived(&archive, cursor) {
                socket.feed(message).await?;
            }
            socket.flush().await
        }
        Step::Pings(times) => {
            for _ in 0..times {
                socket.send(Message::Ping(Vec::new().into())).await?;
                while let Some(message) = socket.next().await {
                    if message?.is_pong() {
                        break;
                    }
                }
            }
            Ok(())
        }
        Step::Stay => {
            while let Some(message) = socket.next().await {
                message?;
            }
            Ok(())
        }
        Step::Close => socket.close(None).await,
        Step::Refuse(_) => Ok(()),
    }
}

fn archived(archive: &Archive, cursor: Option<i64>) -> Vec<Message> {
    let is_wanted = |line: &&String| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        event["time_us"].as_i64().unwrap_or(i64::MAX) >= cursor.unwrap_or(i64::MIN)
    };
    let wanted = archive.lines.iter().filter(is_wanted);
    let wanted = wanted.take(archive.limit.unwrap_or(usize::MAX));
    match &archive.dictionary {
        None => wanted.map(|line| Message::text(line.as_str())).collect(),
        Some(dictionary) => {
            let level = 3;
            let mut zstd = zstd::bulk::Compressor::with_dictionary(level, dictionary)
                .expect("a test brings a usable dictionary");
            let mut pack = |line: &String| {
                zstd.compress(line.as_bytes())
                    .expect("a line fits in memory")
                    .into()
            };
            wanted.map(|line| Message::Binary(pack(line))).collect()
        }
    }
}
