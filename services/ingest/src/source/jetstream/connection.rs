//! One connection: opening it, and reading it into a queue.

use super::frame::{MAX_EVENT_BYTES, Message};
use super::map::POSTS;
use futures_util::StreamExt;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};
use url::Url;

/// How long a connection may take to come about.
const CONNECT_LIMIT: Duration = Duration::from_secs(20);

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Why a connection is over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The service closed it, or it broke.
    Broken(String),
    /// Nothing came for too long, not even a ping.
    Silent,
    /// A message came that is larger than allowed. What follows it cannot be read.
    TooLarge,
}

/// The address to listen at, with what is asked for.
pub(super) fn address(service: &Url, compress: bool, cursor: Option<i64>) -> Url {
    let mut address = service.clone();
    let mut query = address.query_pairs_mut();
    query.append_pair("wantedCollections", POSTS);
    query.append_pair("maxMessageSizeBytes", &MAX_EVENT_BYTES.to_string());
    if compress {
        query.append_pair("compress", "true");
    }
    if let Some(cursor) = cursor {
        query.append_pair("cursor", &cursor.to_string());
    }
    drop(query);
    address
}

/// Opens a connection.
pub(super) async fn open(address: &Url) -> Result<Socket, String> {
    // The service leaves out larger events. The limit here is wider, for one that does not:
    // a message beyond it ends the connection.
    let most = Some(MAX_EVENT_BYTES * 4);
    let config = WebSocketConfig::default()
        .max_message_size(most)
        .max_frame_size(most);
    let connecting = connect_async_with_config(address.as_str(), Some(config), true);
    match tokio::time::timeout(CONNECT_LIMIT, connecting).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the connection did not come about in time".to_owned()),
    }
}

/// Reads messages into `queue` and does nothing else, so that a service that drops slow readers
/// has no reason to. When the queue is full it waits, and the service with it.
pub(super) async fn read(
    mut socket: Socket,
    queue: mpsc::Sender<Message>,
    idle_limit: Duration,
) -> Ended {
    loop {
        // The next read also sends the answer to a ping.
        let message = match tokio::time::timeout(idle_limit, socket.next()).await {
            Err(_) => return Ended::Silent,
            Ok(None) => return Ended::Broken("the service hung up".to_owned()),
            Ok(Some(Err(Error::Capacity(CapacityError::MessageTooLong { .. })))) => {
                return Ended::TooLarge;
            }
            Ok(Some(Err(error))) => return Ended::Broken(error.to_string()),
            Ok(Some(Ok(message))) => message,
        };
        let message = match message {
            tungstenite::Message::Text(text) => Message::Text(text),
            tungstenite::Message::Binary(bytes) => Message::Binary(bytes),
            tungstenite::Message::Close(frame) => {
                let why = frame.map_or(String::new(), |frame| frame.to_string());
                return Ended::Broken(format!("the service closed the connection {why}"));
            }
            tungstenite::Message::Ping(_)
            | tungstenite::Message::Pong(_)
            | tungstenite::Message::Frame(_) => continue,
        };
        if queue.send(message).await.is_err() {
            return Ended::Broken("nobody listens any more".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_asks_for_posts_and_keeps_what_it_had() {
        let service = Url::parse("ws://localhost:1/subscribe?wantedDids=did:plc:a").unwrap();
        let bare = address(&service, false, None);
        assert_eq!(
            bare.query(),
            Some(
                "wantedDids=did:plc:a&wantedCollections=app.bsky.feed.post&maxMessageSizeBytes=1048576"
            )
        );
        let full = address(&service, true, Some(1_783_175_888_090_631));
        assert!(
            full.as_str()
                .ends_with("&compress=true&cursor=1783175888090631"),
            "{full}"
        );
    }
}
