//! Requests to a store as bytes, for servers that stand in for one or between.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One request.
pub struct Request {
    pub method: String,
    /// With the query.
    pub path: String,
    /// The header lines, as they came.
    pub headers: Vec<String>,
    pub body: Vec<u8>,
}

impl Request {
    /// The next request of a connection.
    async fn read(stream: &mut BufReader<TcpStream>) -> Option<Self> {
        let mut first = String::new();
        stream.read_line(&mut first).await.ok()?;
        let mut words = first.split(' ').map(str::to_owned);
        let (method, path) = (words.next()?, words.next()?);
        let mut request = Self { method, path, headers: Vec::new(), body: Vec::new() };
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            match line.trim_end() {
                "" => break,
                line => request.headers.push(line.to_owned()),
            }
        }
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        request.body = vec![0; length];
        stream.read_exact(&mut request.body).await.ok()?;
        Some(request)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let of = |line: &'_ String| line.split(':').next().is_some_and(|known| known.eq_ignore_ascii_case(name));
        let line = self.headers.iter().find(|line| of(line))?;
        Some(line.split_once(':')?.1.trim())
    }

    /// What another server answers to it.
    pub async fn forwarded_to(&self, addr: &str) -> Vec<u8> {
        let mut upstream = TcpStream::connect(addr).await.unwrap();
        let headers: String = self.headers.iter().map(|line| format!("{line}\r\n")).collect();
        let head = format!("{} {} HTTP/1.1\r\n{headers}connection: close\r\n\r\n", self.method, self.path);
        upstream.write_all(head.as_bytes()).await.unwrap();
        upstream.write_all(&self.body).await.unwrap();
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).await.unwrap();
        answer
    }
}

/// An answer with a body, or an error of S3.
pub fn answer(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} x\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub fn refusal(status: u16, code: &str) -> Vec<u8> {
    answer(status, "", format!("<Error><Code>{code}</Code><Message>told by the test</Message></Error>").as_bytes())
}

/// Serves for as long as the runtime lives, one request a connection; no answer closes it.
pub async fn serve<F>(reply: impl Fn(Request) -> F + Send + Sync + 'static) -> SocketAddr
where
    F: Future<Output = Option<Vec<u8>>> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (addr, reply) = (listener.local_addr().unwrap(), Arc::new(reply));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let reply = reply.clone();
            tokio::spawn(async move {
                let mut stream = BufReader::new(stream);
                let Some(request) = Request::read(&mut stream).await else { return };
                if let Some(bytes) = reply(request).await {
                    // a caller who has gone needs no answer
                    let _ = stream.write_all(&bytes).await;
                    let _ = stream.shutdown().await;
                }
            });
        }
    });
    addr
}
