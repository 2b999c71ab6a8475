//! Measures how long a peer takes to send its headers and to read its response.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::http::server::request_id::REQUEST_ID;
use crate::runtime::millis;

const IDLE: u64 = 0;
const ANSWERING: u64 = 1;

/// What a connection is doing, and since when. Clones share one state.
#[derive(Clone)]
pub struct Clock {
    started: Instant,
    /// `IDLE`, `ANSWERING`, or the time at which the current headers began.
    reading: Arc<AtomicU64>,
    /// 0, or the time since which the peer has read no bytes.
    stalled: Arc<AtomicU64>,
    /// 0 until the first answer, then the time of the last one.
    answered: Arc<AtomicU64>,
}

impl Clock {
    /// The clock of a new connection.
    pub fn new() -> Self {
        Self { started: Instant::now(), reading: Arc::default(), stalled: Arc::default(), answered: Arc::default() }
    }

    /// The headers are complete and the request is being answered.
    pub fn request(&self) {
        self.reading.store(ANSWERING, Ordering::Relaxed);
    }

    /// The response is ready: the next byte begins new headers.
    pub fn answered(&self) {
        self.answered.store(self.now(), Ordering::Relaxed);
        self.reading.store(IDLE, Ordering::Relaxed);
    }

    /// Whether there is no current request, and no response that the peer has not read.
    pub fn is_idle(&self) -> bool {
        self.reading.load(Ordering::Relaxed) == IDLE && self.stall_age().is_none()
    }

    /// How long the headers that are waited for have taken: the first ones since the accept, others since their first byte.
    pub fn header_age(&self) -> Option<Duration> {
        match self.reading.load(Ordering::Relaxed) {
            ANSWERING => None,
            _ if self.answered.load(Ordering::Relaxed) == 0 => Some(self.started.elapsed()),
            IDLE => None,
            since => Some(self.age(since)),
        }
    }

    /// Since when the connection has had no request in hand; `None` while it has one, or an answer that the peer has not read.
    pub fn waiting_since(&self) -> Option<Instant> {
        if self.reading.load(Ordering::Relaxed) == ANSWERING || self.stall_age().is_some() {
            return None;
        }
        Some(self.started + Duration::from_millis(self.answered.load(Ordering::Relaxed)))
    }

    /// How long the peer has read none of the bytes that wait for it.
    pub fn stall_age(&self) -> Option<Duration> {
        let since = self.stalled.load(Ordering::Relaxed);
        (since > 0).then(|| self.age(since))
    }

    fn read(&self) {
        // only the first byte of the headers starts the clock
        let _ = self.reading.compare_exchange(IDLE, self.now(), Ordering::Relaxed, Ordering::Relaxed);
    }

    fn wrote<T>(&self, outcome: &Poll<T>) {
        match outcome {
            Poll::Ready(_) => self.stalled.store(0, Ordering::Relaxed),
            Poll::Pending => {
                let _ = self.stalled.compare_exchange(0, self.now(), Ordering::Relaxed, Ordering::Relaxed);
            }
        }
    }

    /// Milliseconds since the connection was accepted, offset to stay above `IDLE` and `ANSWERING`.
    fn now(&self) -> u64 {
        millis(self.started.elapsed()).saturating_add(ANSWERING + 1)
    }

    fn age(&self, since: u64) -> Duration {
        Duration::from_millis(self.now().saturating_sub(since))
    }
}

/// A stream that updates a clock when bytes pass.
pub struct Clocked<I> {
    io: I,
    clock: Clock,
    refused: Option<u16>,
}

impl<I> Clocked<I> {
    /// Wraps a stream.
    pub fn new(io: I, clock: Clock) -> Self {
        Self { io, clock, refused: None }
    }

    /// The stream, and the status of hyper's own answer to a request that is no HTTP, which was held back.
    pub fn into_parts(self) -> (I, Option<u16>) {
        (self.io, self.refused)
    }

    /// Whether the bytes are held back, as an answer of hyper itself: it has no body, and is written anew with one.
    fn holds_back(&mut self, bytes: &[u8]) -> bool {
        let status = status_without_body(bytes);
        self.refused = self.refused.or(status);
        status.is_some()
    }
}

/// The status, if the bytes are exactly the head of an error response that hyper made itself: those of the API have an id.
fn status_without_body(bytes: &[u8]) -> Option<u16> {
    let head = bytes.strip_prefix(b"HTTP/1.1 ").filter(|head| head.ends_with(b"\r\n\r\n"))?;
    let head = std::str::from_utf8(head).ok()?;
    let status = head.get(..3)?.parse().ok().filter(|status| (400..500).contains(status))?;
    let is_of_the_api =
        head.lines().any(|line| line.split(':').next().is_some_and(|name| name.eq_ignore_ascii_case(REQUEST_ID)));
    (!is_of_the_api).then_some(status)
}

impl<I: AsyncRead + Unpin> AsyncRead for Clocked<I> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut self.io).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.clock.read();
        }
        outcome
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Clocked<I> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.holds_back(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        let outcome = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.clock.wrote(&outcome);
        outcome
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.io).poll_flush(cx);
        self.clock.wrote(&outcome);
        outcome
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [only] = slices
            && self.holds_back(only)
        {
            return Poll::Ready(Ok(only.len()));
        }
        let outcome = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.clock.wrote(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
