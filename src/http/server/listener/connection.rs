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
use warp::http::Request;

use crate::http::server::request_id::{REQUEST_ID, new_request_id};

use super::clock::{Clock, Clocked};
use super::limits::{Limits, ServiceFuture};
use super::tls::Tls;

/// How long the socket is read after the last response: closed at once, the peer could lose that response.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_MAX_BYTES: usize = 64 << 20;
/// How long a stopping node still accepts a request on an idle connection: one may be on its way.
const IDLE_GRACE: Duration = Duration::from_millis(100);
/// How often the clock of a connection is checked within the header timeout.
const CHECKS_PER_HEADER_TIMEOUT: u32 = 8;

/// Serves one connection until either side closes it, or until `closing` turns true and the current request is answered.
/// A request that arrives within `IDLE_GRACE` is answered too.
pub async fn serve<S>(stream: TcpStream, tls: Option<Tls>, limits: Limits, service: S, closing: watch::Receiver<bool>)
where
    S: Fn(Request<Incoming>) -> ServiceFuture + Send + Sync + 'static,
{
    // an error here means that the socket is about to fail anyway
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return serve_http(stream, limits, service, closing).await;
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
    };
    match secured {
        Ok(Ok(stream)) => serve_http(stream, limits, service, closing).await,
        Ok(Err(error)) => tracing::debug!(event = "tls_handshake_fail", service = "http", error = %error),
        Err(_) => tracing::debug!(event = "tls_handshake_fail", service = "http", error = "it took too long"),
    }
}

async fn serve_http<I, S>(io: I, limits: Limits, service: S, mut closing: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Fn(Request<Incoming>) -> ServiceFuture + Send + Sync + 'static,
{
    let clock = Clock::new();
    let (timed, service) = (clock.clone(), Arc::new(service));
    let service = service_fn(move |request| {
        timed.request();
        let (answer, timed) = (service(request), timed.clone());
        Box::pin(async move {
            let answer = answer.await;
            timed.answered();
            answer
        }) as ServiceFuture
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive)
        .max_header_size(limits.max_header_bytes)
        .serve_connection(TokioIo::new(Clocked::new(io, clock.clone())), service);
    let mut checks = tokio::time::interval(limits.header_timeout / CHECKS_PER_HEADER_TIMEOUT);
    let (mut grace_end, mut stopping) = (None, false);
    let too_slow = loop {
        tokio::select! {
            // bytes that have arrived are read before the connection counts as idle
            biased;
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => {
                break ended.is_err_and(|error| error.is_timeout());
            }
            _ = closing.changed(), if grace_end.is_none() => grace_end = Some(Instant::now() + IDLE_GRACE),
            () = until(grace_end), if !stopping => {
                if clock.is_idle() {
                    break false; // the peer waits for no response
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
                    break true;
                }
            }
        }
    };
    let parts = connection.into_parts();
    let half_sent = !parts.read_buf.is_empty();
    let mut io = parts.io.into_inner();
    let close = async {
        if too_slow && half_sent {
            let req_id = new_request_id();
            tracing::debug!(event = "http_headers_too_slow", service = "http", req_id);
            io.write_all(too_slow_answer(&req_id).as_bytes()).await?;
        }
        io.shutdown().await?;
        linger(&mut io).await
    };
    // an error means that the peer has left
    let _ = timeout(LINGER, close).await;
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

/// The response to headers that took too long; hyper writes none.
fn too_slow_answer(req_id: &str) -> String {
    let detail = "the headers did not arrive in time; send the request at once";
    let body = format!(r#"{{"detail":"{detail}","code":"request_timeout","req_id":"{req_id}"}}"#);
    let length = body.len();
    format!(
        "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: application/json\r\n\
         {REQUEST_ID}: {req_id}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
