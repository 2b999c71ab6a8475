//! One connection: handshake, requests, and a close after which the peer can still read its last response.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use warp::http::{HeaderValue, Request, header};

use super::clock::Clocked;
use super::closing_answer;
use super::limits::{Limits, OnReserve, ServiceFuture};
use super::slots::Slot;
use super::streamed_answer::tell_end;
use super::tls::Tls;

/// How long the socket is read after the last response: closed at once, the peer could lose that response.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_MAX_BYTES: usize = 64 << 20;
/// The same where another connection needs the place.
const EVICTED_LINGER: Duration = Duration::from_millis(200);
/// How long a stopping node still accepts a request on an idle connection: one may be on its way.
const IDLE_GRACE: Duration = Duration::from_millis(100);
/// How often the clock of a connection is checked within the header timeout.
const CHECKS_PER_HEADER_TIMEOUT: u32 = 8;

/// The begin of a request in HTTP/2, which is not spoken.
const HTTP_2: &[u8] = b"PRI * HTTP/2.0";

/// How the requests of a connection ended.
enum ConnectionEnd {
    Closed,
    TooSlow,
}

/// Serves one connection until either side closes it, or until `closing` turns true and the current request is answered.
/// A request that arrives within `IDLE_GRACE` is answered too.
///
/// If another connection needs its place it closes too, unless a request has just come in.
pub async fn serve<S>(
    stream: TcpStream,
    tls: Option<Tls>,
    limits: Limits,
    service: S,
    slot: Slot,
    closing: watch::Receiver<bool>,
) where
    S: Fn(Request<Incoming>) -> ServiceFuture + Send + Sync + 'static,
{
    // an error here means that the socket is about to fail anyway
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return serve_http(stream, limits, service, slot, closing).await;
    };
    let handshake = timeout(limits.header_timeout, tls.accept(stream));
    // a clone: `serve_http` needs to see the change too
    let mut closed = closing.clone();
    let grace_over = async {
        let _ = closed.changed().await;
        tokio::time::sleep(IDLE_GRACE).await;
    };
    let secured = tokio::select! {
        secured = handshake => secured,
        () = grace_over => return,
        () = slot.evicted() => return,
    };
    match secured {
        Ok(Ok(stream)) => serve_http(stream, limits, service, slot, closing).await,
        Ok(Err(error)) => tracing::debug!(event = "tls_handshake_fail", service = "http", error = %error),
        Err(_) => tracing::debug!(event = "tls_handshake_fail", service = "http", error = "it took too long"),
    }
}

async fn serve_http<I, S>(io: I, limits: Limits, service: S, slot: Slot, mut closing: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Fn(Request<Incoming>) -> ServiceFuture + Send + Sync + 'static,
{
    let slot = Arc::new(slot);
    let (clock, place, service) = (slot.clock().clone(), slot.clone(), Arc::new(service));
    let service = service_fn(move |mut request: Request<Incoming>| {
        let on_reserve = place.begin_request();
        if on_reserve {
            request.extensions_mut().insert(OnReserve);
        }
        let (answer, clock) = (service(request), place.clock().clone());
        Box::pin(async move {
            let mut answer = answer.await?;
            if on_reserve {
                // the reserve is small: its connections are for one request
                answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            tell_end(&mut answer, clock);
            Ok(answer)
        }) as ServiceFuture
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive)
        .max_header_size(limits.max_header_bytes)
        .serve_connection(TokioIo::new(Clocked::new(io, clock.clone())), service);
    let mut checks = tokio::time::interval(limits.header_timeout / CHECKS_PER_HEADER_TIMEOUT);
    let (mut grace_end, mut stopping) = (None, false);
    let end = loop {
        tokio::select! {
            // bytes that have arrived are read before the connection counts as idle
            biased;
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => {
                break if ended.is_err_and(|error| error.is_timeout()) { ConnectionEnd::TooSlow } else { ConnectionEnd::Closed };
            }
            () = slot.evicted() => {
                if clock.waiting_since().is_some() {
                    return; // nothing is on its way
                }
                // a request came in meanwhile: it has taken a place again
            }
            _ = closing.changed(), if grace_end.is_none() => grace_end = Some(Instant::now() + IDLE_GRACE),
            () = until(grace_end), if !stopping => {
                if clock.is_idle() {
                    break ConnectionEnd::Closed; // the peer waits for no response
                }
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
            _ = checks.tick() => {
                if let Some(age) = clock.stall_age() {
                    if age > limits.body_timeout {
                        return; // the peer does not read: no closing response
                    }
                } else if clock.header_age().is_some_and(|age| age > limits.header_timeout) {
                    break ConnectionEnd::TooSlow;
                }
            }
        }
    };
    let parts = connection.into_parts();
    let (mut io, refused) = parts.io.into_inner().into_parts();
    let answer = match (end, refused) {
        (_, Some(status)) => Some(closing_answer::refused(status)),
        (ConnectionEnd::TooSlow, None) if !parts.read_buf.is_empty() => Some(closing_answer::too_slow()),
        (_, None) if parts.read_buf.starts_with(HTTP_2) => Some(closing_answer::refused(400)),
        _ => None,
    };
    let close = async {
        if let Some(answer) = answer {
            io.write_all(answer.as_bytes()).await?;
        }
        io.shutdown().await?;
        linger(&mut io).await
    };
    let needed_by_others = async {
        slot.evicted().await;
        if slot.may_linger() {
            tokio::time::sleep(EVICTED_LINGER).await;
        }
    };
    tokio::select! {
        // an error means that the peer has left
        _ = timeout(LINGER, close) => {}
        () = needed_by_others => {}
    }
}

/// Resolves at a time, or never.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Reads and discards what the peer still sends.
async fn linger(io: &mut (impl AsyncRead + Unpin)) -> std::io::Result<()> {
    let mut scratch = vec![0; 16 << 10];
    let mut left = LINGER_MAX_BYTES;
    while left > 0 {
        match io.read(&mut scratch).await? {
            0 => return Ok(()),
            read => left = left.saturating_sub(read),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use warp::http::StatusCode;
    use warp::reply::Reply;

    use super::*;
    use crate::http::server::listener::limits::RESERVED_CONNECTIONS;
    use crate::http::server::listener::slots::Slots;

    const MINUTE: Duration = Duration::from_secs(60);
    const LIMITS: Limits = Limits {
        max_connections: 1,
        max_header_bytes: 16 << 10,
        max_body_bytes: 1 << 20,
        header_timeout: MINUTE,
        body_timeout: MINUTE,
        keep_alive: MINUTE,
    };

    /// Refuses a request before its body was read.
    fn refuse(_: Request<Incoming>) -> ServiceFuture {
        Box::pin(async { Ok(warp::reply::with_status(warp::reply(), StatusCode::SERVICE_UNAVAILABLE).into_response()) })
    }

    #[tokio::test]
    async fn a_peer_that_is_sending_reads_its_refusal_though_others_need_the_place() {
        let slots = Slots::new(1);
        let ordinary = slots.take();
        ordinary.begin_request();
        let (mut peer, io) = tokio::io::duplex(1024);
        let (_closing, open) = watch::channel(false);
        tokio::spawn(serve_http(io, LIMITS, refuse, slots.take(), open));
        let head = "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 65536\r\n\r\n";
        peer.write_all(head.as_bytes()).await.expect("it is read");
        let mut answer = [0; 12];
        peer.read_exact(&mut answer).await.expect("it is answered");
        assert_eq!(&answer, b"HTTP/1.1 503");
        let _others: Vec<Slot> = (0..=RESERVED_CONNECTIONS).map(|_| slots.take()).collect();
        peer.write_all(&[b' '; 65536]).await.expect("the rest is read and thrown away");
    }
}
