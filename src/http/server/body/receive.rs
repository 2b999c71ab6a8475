//! From headers and stream to the whole body.

use std::time::{Duration, Instant};

use bytes::Buf;
use futures::{Stream, StreamExt};
use warp::http::{HeaderMap, StatusCode, header};

use crate::http::server::error::ApiError;
use crate::http::server::listener::Limits;
use crate::limits::{CALL_BODY, Limit, PREDICT_BODY};

use super::content_type::{Encoding, content_length, encoding, is_json, is_text};
use super::gzip::decode;
use super::heavy::HeavyTurn;
use super::memory::{BoundedBuffer, HeldMemory, ReceivedBody, RequestMemory};

/// The body that a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// No body: one that is sent is not read.
    Nothing,
    /// The fields of a call, as JSON.
    Json,
    /// The fields of a call, as JSON, or plain text.
    JsonOrText,
    /// Rows, as JSON.
    Rows,
    /// A file of any content type, which the handler reads as it arrives.
    File,
}

impl Body {
    /// Reads the body; one without a content type counts as JSON. What it takes is reserved in `memory` before it is read.
    pub async fn read<B: Buf>(
        self,
        headers: &HeaderMap,
        body: impl Stream<Item = Result<B, warp::Error>> + Send,
        limits: &Limits,
        memory: &RequestMemory,
    ) -> Result<ReceivedBody, ApiError> {
        if matches!(self, Body::Nothing | Body::File) {
            return Ok(ReceivedBody::default());
        }
        let text = self == Body::JsonOrText && is_text(headers);
        if headers.contains_key(header::CONTENT_TYPE) && !is_json(headers) && !text {
            let detail = "the body must be JSON; send it with `content-type: application/json`";
            return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
        let (encoding, limit) = (encoding(headers)?, self.limit(limits));
        let received = tokio::time::timeout(limits.body_timeout, collect(headers, body, limit, memory)).await;
        let received = received.unwrap_or_else(|_| Err(too_slow(limits.body_timeout)))?;
        match encoding {
            Encoding::Identity => Ok(received),
            Encoding::Gzip => {
                let (memory, deadline) = (memory.clone(), Instant::now() + limits.body_timeout);
                let turn = HeavyTurn::wait_until(deadline).await.ok_or_else(ApiError::no_turn)?;
                turn.run(move || decode(&received, &memory, limit)).await
            }
        }
    }

    fn limit(self, limits: &Limits) -> Limit {
        let rows = PREDICT_BODY.with_max(limits.max_body_bytes as u64);
        match self {
            Body::Rows => rows,
            // a smaller MAX_BODY_BYTES holds for every route
            _ if rows.max < CALL_BODY.max => rows,
            _ => CALL_BODY,
        }
    }
}

/// Collects the body. A chunked body has no `content-length`, so the bytes are counted as they arrive. The rest of a body that
/// is refused is not read.
async fn collect<B: Buf>(
    headers: &HeaderMap,
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
    limit: Limit,
    memory: &RequestMemory,
) -> Result<ReceivedBody, ApiError> {
    let (announced, nothing) = (content_length(headers), HeldMemory::default());
    let mut collected = BoundedBuffer::new(memory, limit, &nothing);
    collected.check(announced.unwrap_or_default()).map_err(ApiError::closing)?;
    let mut body = std::pin::pin!(body);
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|error| ended_early(&error))?;
        collected.make_room(chunk.remaining(), announced).map_err(ApiError::closing)?;
        while chunk.has_remaining() {
            let length = chunk.chunk().len();
            collected.push(chunk.chunk());
            chunk.advance(length);
        }
    }
    Ok(collected.finish())
}

/// 400: the peer closed the connection, or sent no valid chunk.
pub(super) fn ended_early(error: &warp::Error) -> ApiError {
    ApiError::bad_request(format!("the body ended early: {error}")).closing()
}

/// 408: nothing, or not all, has come within this time.
pub(super) fn too_slow(within: Duration) -> ApiError {
    let detail = format!("the body did not arrive within {} s; send it at once", within.as_secs_f64());
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail).closing()
}
