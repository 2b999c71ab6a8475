//! The body of a request as it arrives, for routes that hold no more than a part of it.

use std::pin::Pin;
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::{Stream, StreamExt};

use crate::http::server::error::ApiError;

use super::receive::{ended_early, too_slow};

/// The bytes of a body, as they arrive.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, ApiError>> + Send>>;

/// The body as a stream; a peer that sends nothing for `pause_max` gets a 408.
pub fn stream<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>> + Send + 'static,
    pause_max: Duration,
) -> BodyStream {
    Box::pin(futures::stream::unfold(Box::pin(body), move |mut body| async move {
        // without it a reader that takes all there is would take all that a fast peer sends
        tokio::task::yield_now().await;
        let arrived = match tokio::time::timeout(pause_max, body.next()).await {
            Ok(None) => return None,
            Ok(Some(Ok(mut bytes))) => Ok(bytes.copy_to_bytes(bytes.remaining())),
            Ok(Some(Err(error))) => Err(ended_early(&error)),
            Err(_) => Err(too_slow(pause_max)),
        };
        Some((arrived, body))
    }))
}
