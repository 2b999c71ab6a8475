//! Accepts connections, bounded in number, and serves each in a task of its own.

use std::future::Future;
use std::time::Duration;

use hyper::body::Incoming;
use socket2::{SockFilter, SockRef};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use warp::http::Request;

use super::connection;
use super::limits::{Limits, ServiceFuture};
use super::slots::Slots;
use super::tls::Tls;

/// Pause after a failed accept, such as one without free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound socket, with its TLS and limits.
pub struct Listener {
    /// The bound socket.
    pub tcp: TcpListener,
    /// Certificate and key, for HTTPS.
    pub tls: Option<Tls>,
    /// Limits of connections and requests.
    pub limits: Limits,
}

/// A classic BPF program over the TCP header: a segment with SYN and without ACK is dropped, every other one passes whole.
const DROP_SYN: [SockFilter; 5] = [
    SockFilter::new(0x30, 0, 0, 13),       // load the byte of flags
    SockFilter::new(0x54, 0, 0, 0x12),     // keep SYN and ACK
    SockFilter::new(0x15, 0, 1, 0x02),     // SYN alone?
    SockFilter::new(0x06, 0, 0, 0),        // then drop
    SockFilter::new(0x06, 0, 0, u32::MAX), // else pass
];

/// Serves connections until `shutdown` resolves, and then until the open requests are answered.
pub async fn serve<S>(listener: Listener, service: S, shutdown: impl Future<Output = ()> + Send)
where
    S: Fn(Request<Incoming>) -> ServiceFuture + Clone + Send + Sync + 'static,
{
    let Listener { tcp, tls, limits } = listener;
    let slots = Slots::new(limits.max_connections);
    // every connection holds a receiver, so `closed` resolves when all connections are closed
    let (closing, open) = watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    let begin = |stream: TcpStream| {
        let (tls, service, open, slot) = (tls.clone(), service.clone(), open.clone(), slots.take());
        tokio::spawn(connection::serve(stream, tls, limits, service, slot, open));
    };
    let next = async || {
        slots.room().await;
        accept(&tcp).await
    };
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            stream = next() => begin(stream),
        }
    }
    drop_new_connections(&tcp);
    for stream in backlog(tcp) {
        if !slots.has_room() {
            break;
        }
        begin(stream);
    }
    drop(open);
    // an error means that no connection is open
    let _ = closing.send(true);
    closing.closed().await;
}

/// The next connection. Errors of `accept` never end the listener.
async fn accept(tcp: &TcpListener) -> TcpStream {
    let mut logged = false;
    loop {
        match tcp.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) if is_about_the_peer(&error) => {}
            Err(error) => {
                if !logged {
                    tracing::warn!(event = "http_accept_fail", service = "http", error = %error);
                }
                logged = true;
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Drops every SYN packet, so that no connection arrives between emptying the backlog and closing the socket: the operating
/// system would reset it. A client repeats its SYN, and is refused after the close.
///
/// Without such a filter in the operating system, a connection in that moment is reset.
fn drop_new_connections(tcp: &TcpListener) {
    if let Err(error) = SockRef::from(tcp).attach_filter(&DROP_SYN) {
        tracing::debug!(event = "http_filter_fail", service = "http", error = %error);
    }
}

/// The connections in the backlog; then the socket closes. Their clients see them as connected, and the operating system
/// would reset them.
fn backlog(tcp: TcpListener) -> impl Iterator<Item = TcpStream> {
    let tcp = tcp.into_std();
    let next = move || {
        loop {
            match tcp.as_ref().ok()?.accept() {
                Ok((stream, _)) => return Some(stream),
                Err(error) if is_about_the_peer(&error) => {}
                Err(_) => return None,
            }
        }
    };
    let ready = |stream: std::net::TcpStream| {
        stream.set_nonblocking(true).ok()?;
        TcpStream::from_std(stream).ok()
    };
    std::iter::from_fn(next).filter_map(ready)
}

/// Whether the error concerns this connection only, such as a peer that left before it was accepted.
fn is_about_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
