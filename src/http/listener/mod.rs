//! Where connections come in: accepted one by one, bounded in number, each with its own timers.
//!
//! * `connection`: one connection, from its handshake to its last answer
//! * `clock`: how long a peer has kept us waiting
//! * `tls`: certificate and key

mod clock;
mod connection;
mod tls;

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use warp::http::Request;
use warp::reply::Response;

pub use tls::{Tls, TlsError};

/// Pause after an accept that failed for want of something, such as file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What a peer may take of us.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; further ones wait in the backlog of the operating system.
    pub max_connections: usize,
    /// Request line and headers together, in bytes.
    pub max_header_bytes: usize,
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// From the first byte of a request to the end of its headers; also for a TLS handshake.
    pub header_timeout: Duration,
    /// From the end of the headers to the end of the body; also how long an answer may find no reader.
    pub body_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive: Duration,
}

/// A bound socket, and how it is served.
pub struct Listener {
    /// The socket.
    pub tcp: TcpListener,
    /// Certificate and key, for HTTPS.
    pub tls: Option<Tls>,
    /// What a peer may take of us.
    pub limits: Limits,
}

/// What answers one request.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

/// Serves connections until `shutdown` resolves, and then until the open requests are answered.
pub async fn serve<S>(listener: Listener, service: S, shutdown: impl Future<Output = ()> + Send)
where
    S: Fn(Request<Incoming>) -> Answering + Clone + Send + Sync + 'static,
{
    let Listener { tcp, tls, limits } = listener;
    let permits = Arc::new(Semaphore::new(limits.max_connections));
    // every connection holds a receiver: none is left when all are closed
    let (closing, open) = watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    let begin = |stream, permit| {
        let (tls, service, open) = (tls.clone(), service.clone(), open.clone());
        tokio::spawn(async move {
            connection::serve(stream, tls, limits, service, open).await;
            drop::<OwnedSemaphorePermit>(permit);
        });
    };
    loop {
        let permit = permits.clone().acquire_owned();
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            accepted = async { (permit.await, accept(&tcp).await) } => accepted,
        };
        if let (Ok(permit), stream) = accepted {
            begin(stream, permit);
        }
    }
    // who waits in the backlog has connected before we closed, and is answered
    for stream in backlog(tcp) {
        let Ok(permit) = permits.clone().try_acquire_owned() else { break };
        begin(stream, permit);
    }
    drop(open);
    // no receiver is left where no connection is open
    let _ = closing.send(true);
    closing.closed().await;
}

/// Closes the port, after those that the kernel has let in already: tokio itself sees them a moment later.
fn backlog(tcp: TcpListener) -> impl Iterator<Item = TcpStream> {
    // what fails here leaves nobody to be answered
    let tcp = tcp.into_std().ok();
    std::iter::from_fn(move || {
        let (stream, _) = tcp.as_ref()?.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    })
}

/// The next connection; no error of accepting ends the listener.
async fn accept(tcp: &TcpListener) -> TcpStream {
    let mut told = false;
    loop {
        match tcp.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                if !told {
                    tracing::warn!(event = "http_accept_fail", service = "http", error = %error);
                }
                told = true;
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Whether the peer had left before it was accepted, which concerns nobody else.
fn is_about_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
