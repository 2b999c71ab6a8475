//! An answer whose body is sent as it comes: its connection is at work until the body has ended.

use std::error::Error;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use parking_lot::Mutex;
use warp::reply::{Reply, Response};

use super::clock::Clock;

/// Tells the clock of the connection when the body of an answer has ended; it travels with the answer.
#[derive(Clone, Default)]
pub struct AnswerEnd(Arc<Mutex<End>>);

#[derive(Default)]
enum End {
    /// The answer has not reached its connection.
    #[default]
    Open,
    /// The clock to tell.
    Awaited(Clock),
    /// The body was sent, or dropped.
    Over,
}

/// Lives as long as the body.
struct BodyEnd(AnswerEnd);

/// An answer with these bytes as its body.
pub fn streamed_answer<E>(bytes: impl Stream<Item = Result<Bytes, E>> + Send + Sync + 'static) -> Response
where
    E: Error + Send + Sync + 'static,
{
    let end = AnswerEnd::default();
    let body = BodyEnd(end.clone());
    let bytes = bytes.inspect(move |_| {
        let _lives = &body;
    });
    let mut answer = warp::reply::stream(bytes).into_response();
    answer.extensions_mut().insert(end);
    answer
}

/// Tells the clock that the answer is over: at once, or when its streamed body has ended.
pub fn tell_end(answer: &mut Response, clock: Clock) {
    let Some(end) = answer.extensions_mut().remove::<AnswerEnd>() else { return clock.answered() };
    let mut state = end.0.lock();
    match *state {
        End::Over => clock.answered(),
        End::Open | End::Awaited(_) => *state = End::Awaited(clock),
    }
}

impl Drop for BodyEnd {
    fn drop(&mut self) {
        if let End::Awaited(clock) = std::mem::replace(&mut *self.0.0.lock(), End::Over) {
            clock.answered();
        }
    }
}
