//! One connection: handshake, requests, and a close that lets the peer read its last answer.

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
use super::limits::{Answering, Limits};
use super::tls::Tls;

/// How long the rest of what a peer sends is read after our last word: closed at once, the peer might lose it.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_MAX_BYTES: usize = 64 << 20;
/// How long a stopping node still takes a request on a connection that is idle: the request may be on its way already.
const LAST_CALL: Duration = Duration::from_millis(100);
/// How often the clocks of a connection are looked at, as a part of the header's time.
const LOOKS_PER_HEADER_TIMEOUT: u32 = 8;

/// Speaks with one peer until either side closes, or `closing` turns true and the request under way is answered; one
/// that was on its way then is answered too.
pub async fn serve<S>(stream: TcpStream, tls: Option<Tls>, limits: Limits, service: S, closing: watch::Receiver<bool>)
where
    S: Fn(Request<Incoming>) -> Answering + Send + Sync + 'static,
{
    // a socket that refuses is about to fail anyway
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return speak(stream, limits, service, closing).await;
    };
    let handshake = timeout(limits.header_timeout, tls.accept(stream));
    // a clone: `speak` hears of the closing too
    let mut told = closing.clone();
    let last_call = async {
        let _ = told.changed().await;
        tokio::time::sleep(LAST_CALL).await;
    };
    let secured = tokio::select! {
        secured = handshake => secured,
        () = last_call => return,
    };
    match secured {
        Ok(Ok(stream)) => speak(stream, limits, service, closing).await,
        Ok(Err(error)) => tracing::debug!(event = "tls_handshake_fail", service = "http", error = %error),
        Err(_) => tracing::debug!(event = "tls_handshake_fail", service = "http", error = "it took too long"),
    }
}

async fn speak<I, S>(io: I, limits: Limits, service: S, mut closing: watch::Receiver<bool>)
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Fn(Request<Incoming>) -> Answering + Send + Sync + 'static,
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
        }) as Answering
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.keep_alive)
        .max_header_size(limits.max_header_bytes)
        .serve_connection(TokioIo::new(Clocked::new(io, clock.clone())), service);
    let mut looks = tokio::time::interval(limits.header_timeout / LOOKS_PER_HEADER_TIMEOUT);
    let (mut last_call, mut stopping) = (None, false);
    let too_slow = loop {
        tokio::select! {
            // what the peer has sent is read before anybody says that it is idle
            biased;
            ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => {
                break ended.is_err_and(|error| error.is_timeout());
            }
            _ = closing.changed(), if last_call.is_none() => last_call = Some(Instant::now() + LAST_CALL),
            () = until(last_call), if !stopping => {
                if clock.is_idle() {
                    break false; // there is no answer that it waits for
                }
                stopping = true;
                std::pin::Pin::new(&mut connection).graceful_shutdown();
            }
            _ = looks.tick() => {
                if let Some(age) = clock.stall_age() {
                    if age > limits.body_timeout {
                        return; // nobody reads: there is no last word
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
    let farewell = async {
        if too_slow && half_sent {
            let req_id = new_request_id();
            tracing::debug!(event = "http_headers_too_slow", service = "http", req_id);
            io.write_all(too_slow_answer(&req_id).as_bytes()).await?;
        }
        io.shutdown().await?;
        linger(&mut io).await
    };
    // a peer that left needs no farewell
    let _ = timeout(LINGER, farewell).await;
}

/// A time, or never.
async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

/// Reads and forgets what is still on its way.
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

/// The answer to a header that is not there yet: no library writes one for it.
fn too_slow_answer(req_id: &str) -> String {
    let detail = "the headers did not arrive in time; send the request at once";
    let body = format!(r#"{{"detail":"{detail}","code":"request_timeout","req_id":"{req_id}"}}"#);
    let length = body.len();
    format!(
        "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-type: application/json\r\n\
         {REQUEST_ID}: {req_id}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}
