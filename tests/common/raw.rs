//! HTTP as bytes, for what no client library would send.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest time an answer or the end of a connection may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// One answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    /// Status line and headers in lower case.
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A connection to `http://host:port`.
pub async fn connect(base: &str) -> TcpStream {
    TcpStream::connect(base.split("://").nth(1).unwrap()).await.unwrap()
}

/// Sends a request on a connection of its own and reads the answer.
pub async fn ask(base: &str, request: &str) -> Answer {
    let mut stream = connect(base).await;
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(&mut stream).await
}

/// Reads one answer, with a body as long as its head says.
pub async fn answer(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    timeout(PATIENCE, read_answer(stream)).await.expect("an answer in time")
}

async fn read_answer(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("the head of an answer"));
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut answer = Answer { status, head, body: String::new() };
    let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    answer.body = String::from_utf8(body).unwrap();
    answer
}

/// What is still sent until the other side closes.
pub async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut rest = Vec::new();
    // a reset closes as well as an end does
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the end of the connection in time");
    String::from_utf8(rest).unwrap()
}
