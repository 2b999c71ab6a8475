//! One request to a node and its outcome, as exactly as a client can know it.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpStream;

/// If a kept connection ends this soon after sending, the request crossed the close of the connection.
const CROSSING: Duration = Duration::from_millis(50);

/// A request that can be sent any number of times.
#[derive(Debug, Clone)]
pub struct Ask {
    method: Method,
    path: String,
    body: Bytes,
    /// The part of the body of each answer that is kept.
    pub keep: fn(&Value) -> Value,
}

/// Which connection a request takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connections {
    /// An idle one, else a new one.
    Kept,
    /// A new one each time.
    Fresh,
}

/// The outcome of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A whole answer.
    Answered {
        /// The status of the answer.
        status: u16,
        /// The error code in the body of a failure.
        code: Option<String>,
    },
    /// The connection was refused: the request was never accepted.
    Refused,
    /// No connection could be made, for another reason.
    Unconnected(String),
    /// The request crossed the close of an idle connection: the node did not read it.
    Crossed,
    /// The connection was accepted, and ended without a whole answer.
    Lost(String),
    /// The client stopped waiting.
    TimedOut,
}

impl Outcome {
    /// Whether this is an answer with status 200.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Answered { status: 200, .. })
    }

    /// The name under which it is counted.
    pub fn label(&self) -> String {
        match self {
            Self::Answered { status, code: Some(code) } => format!("{status} {code}"),
            Self::Answered { status, code: None } => status.to_string(),
            Self::Refused => "refused".into(),
            Self::Unconnected(_) => "no connection".into(),
            Self::Crossed => "crossed".into(),
            Self::Lost(_) => "lost".into(),
            Self::TimedOut => "timed out".into(),
        }
    }
}

impl Ask {
    /// A GET without a body.
    pub fn get(path: &str) -> Self {
        Self { method: Method::GET, path: path.into(), body: Bytes::new(), keep: Value::clone }
    }

    /// A POST with a JSON body.
    pub fn post(path: &str, body: &Value) -> Self {
        Self { method: Method::POST, path: path.into(), body: body.to_string().into(), keep: Value::clone }
    }

    /// A forecast; only the generation is kept of its answer.
    pub fn predict(body: &Value) -> Self {
        Self { keep: |answer| answer["generation"].clone(), ..Self::post("/predict", body) }
    }

    fn request(&self, host: &str) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
        Request::builder()
            .method(&self.method)
            .uri(&self.path)
            .header(HOST, host)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(self.body.clone()))
    }
}

type Sender = SendRequest<Full<Bytes>>;

/// The address of a node and the idle connections to it; clones share them.
#[derive(Clone)]
pub struct Peer {
    host: Arc<str>,
    connections: Connections,
    patience: Duration,
    idle: Arc<Mutex<Vec<Sender>>>,
}

/// A connection ended before the head of an answer.
struct Cut {
    /// Whether the request did not leave this process.
    unsent: bool,
    why: String,
    after: Duration,
}

impl Peer {
    /// The node at `http://host:port`; an answer that takes longer than `patience` is given up.
    pub fn new(url: &str, connections: Connections, patience: Duration) -> Result<Self> {
        let host = url.strip_prefix("http://").with_context(|| format!("'{url}' is no http:// address"))?;
        Ok(Self { host: host.trim_end_matches('/').into(), connections, patience, idle: Arc::default() })
    }

    /// Sends a request and reads the whole answer; its body is null where it is no JSON.
    pub async fn send(&self, ask: &Ask) -> (Outcome, Value) {
        let exchange = tokio::time::timeout(self.patience, self.exchange(ask));
        exchange.await.unwrap_or((Outcome::TimedOut, Value::Null))
    }

    /// The body of an answer with status 200.
    pub async fn good(&self, ask: &Ask) -> Result<Value> {
        match self.send(ask).await {
            (outcome, body) if outcome.is_good() => Ok(body),
            (outcome, body) => bail!("{} {} came to {outcome:?}: {body}", ask.method, ask.path),
        }
    }

    async fn exchange(&self, ask: &Ask) -> (Outcome, Value) {
        while let Some(sender) = self.take_idle() {
            match self.converse(sender, ask).await {
                Ok(answer) => return answer,
                // the connection had been closed before: the next one is tried, as every client does
                Err(cut) if cut.unsent => {}
                Err(cut) if cut.after < CROSSING => return (Outcome::Crossed, Value::Null),
                Err(cut) => return (Outcome::Lost(cut.why), Value::Null),
            }
        }
        let failed = match self.connect().await {
            Ok(sender) => match self.converse(sender, ask).await {
                Ok(answer) => return answer,
                Err(cut) => Outcome::Lost(cut.why),
            },
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => Outcome::Refused,
            Err(error) => Outcome::Unconnected(error.to_string()),
        };
        (failed, Value::Null)
    }

    async fn converse(&self, mut sender: Sender, ask: &Ask) -> Result<(Outcome, Value), Cut> {
        let sent = Instant::now();
        let cut = |unsent, error: &dyn std::error::Error| Cut { unsent, why: chain(error), after: sent.elapsed() };
        let request = ask.request(&self.host).map_err(|error| cut(false, &error))?;
        let response = match sender.try_send_request(request).await {
            Ok(response) => response,
            Err(mut error) => return Err(cut(error.take_message().is_some(), error.error())),
        };
        let status = response.status().as_u16();
        let body: Value = match response.into_body().collect().await {
            Ok(body) => serde_json::from_slice(&body.to_bytes()).unwrap_or_default(),
            Err(error) => return Ok((Outcome::Lost(format!("within its answer: {}", chain(&error))), Value::Null)),
        };
        self.keep(sender);
        let code = (status != 200).then(|| body["code"].as_str().map(str::to_owned)).flatten();
        Ok((Outcome::Answered { status, code }, body))
    }

    async fn connect(&self) -> std::io::Result<Sender> {
        let stream = TcpStream::connect(&*self.host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        // an error of the connection reaches the request that waits on it
        tokio::spawn(async move { _ = connection.await });
        Ok(sender)
    }

    fn take_idle(&self) -> Option<Sender> {
        self.idle.lock().pop()
    }

    fn keep(&self, mut sender: Sender) {
        if self.connections == Connections::Fresh {
            return;
        }
        let idle = self.idle.clone();
        // in a task of its own: only a moment after the answer is it known whether the connection stays open
        tokio::spawn(async move {
            if sender.ready().await.is_ok() {
                idle.lock().push(sender);
            }
        });
    }
}

/// An error and its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
