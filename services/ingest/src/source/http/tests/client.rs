//! A client that can also be slow, silent or wrong.

use super::TOKEN;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) struct Client(TcpStream);

pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: serde_json::Value,
}

impl Client {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // A server that has said its answer may close before it has heard everything.
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// A whole request with the right token; headers of the same name replace it.
    pub(super) async fn post(&mut self, headers: &[(&str, &str)], body: &[u8]) {
        self.request("POST", "/v1/items", headers, body).await;
    }

    pub(super) async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {}\r\n",
            body.len()
        );
        if !headers.iter().any(|(name, _)| *name == "Authorization") {
            head.push_str(&format!("Authorization: Bearer {TOKEN}\r\n"));
        }
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        self.send(head).await;
        self.send(body).await;
    }

    /// Everything until the server closes; empty when it closes without a word.
    pub(super) async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let reading = self.0.read_to_end(&mut all);
        // Cut off in the middle or not, what has come is what there is.
        let _ = tokio::time::timeout(Duration::from_secs(30), reading)
            .await
            .expect("an answer");
        String::from_utf8_lossy(&all).into_owned()
    }

    pub(super) async fn answer(&mut self) -> Answer {
        let all = self.rest().await;
        let (head, body) = all.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let body = serde_json::from_str(body).unwrap_or_else(|_| panic!("not JSON: {all}"));
        Answer {
            status,
            head: head.to_ascii_lowercase(),
            body,
        }
    }
}
