//! Measures how long a peer takes to send its headers and to read its response.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

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
}

impl Clock {
    /// The clock of a new connection.
    pub fn new() -> Self {
        Self { started: Instant::now(), reading: Arc::default(), stalled: Arc::default() }
    }

    /// The headers are complete and the request is being answered.
    pub fn request(&self) {
        self.reading.store(ANSWERING, Ordering::Relaxed);
    }

    /// The response is ready: the next byte begins new headers.
    pub fn answered(&self) {
        self.reading.store(IDLE, Ordering::Relaxed);
    }

    /// Whether there is no current request, and no response that the peer has not read.
    pub fn is_idle(&self) -> bool {
        self.reading.load(Ordering::Relaxed) == IDLE && self.stall_age().is_none()
    }

    /// How long the current headers have taken, if any.
    pub fn header_age(&self) -> Option<Duration> {
        let since = self.reading.load(Ordering::Relaxed);
        (since > ANSWERING).then(|| self.age(since))
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
}

impl<I> Clocked<I> {
    /// Wraps a stream.
    pub fn new(io: I, clock: Clock) -> Self {
        Self { io, clock }
    }
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
        let outcome = Pin::new(&mut self.io).poll_write_vectored(cx, slices);
        self.clock.wrote(&outcome);
        outcome
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
