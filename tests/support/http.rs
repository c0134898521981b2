//! The least HTTP client that will do: one request, one connection.

use serde_json::Value;
use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) fn get(address: &str, path: &str) -> Answer {
    ask(
        address,
        format!("GET {path} HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n\r\n"),
    )
    .unwrap()
}

/// Posts to /v1/items. An error is a connection that broke: nobody knows what became of it.
pub(crate) fn post(address: &str, token: &str, content_type: &str, body: &str) -> Result<Answer> {
    let length = body.len();
    let request = format!(
        "POST /v1/items HTTP/1.1\r\nHost: hark\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    ask(address, request)
}

fn ask(address: &str, request: String) -> Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let broken = || std::io::Error::other(format!("a broken answer: {answer:?}"));
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(broken)?;
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Ok(Answer {
        status: status.ok_or_else(broken)?,
        body: body.to_owned(),
    })
}
