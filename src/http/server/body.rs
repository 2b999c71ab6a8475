//! Reads the body of a request: bounded in size and time, and only with a content type that the route takes.

use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures::{Stream, StreamExt};
use warp::http::{HeaderMap, HeaderValue, StatusCode, header};

use super::error::ApiError;
use super::listener::Limits;

/// The body that a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// No body: one that is sent is not read.
    Nothing,
    /// JSON.
    Json,
    /// JSON, or plain text.
    JsonOrText,
}

impl Body {
    /// Reads the body; one without a content type counts as JSON.
    pub async fn read<B: Buf>(
        self,
        headers: &HeaderMap,
        body: impl Stream<Item = Result<B, warp::Error>> + Send,
        limits: &Limits,
    ) -> Result<Bytes, ApiError> {
        if self == Body::Nothing {
            return Ok(Bytes::new());
        }
        let text = self == Body::JsonOrText && is_text(headers);
        if headers.contains_key(header::CONTENT_TYPE) && !is_json(headers) && !text {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be JSON; send it with `content-type: application/json`",
            ));
        }
        if content_length(headers).is_some_and(|length| length > limits.max_body_bytes as u64) {
            return Err(too_large(limits.max_body_bytes));
        }
        match tokio::time::timeout(limits.body_timeout, collect(body, limits.max_body_bytes)).await {
            Ok(read) => read,
            Err(_) => Err(too_slow(limits.body_timeout)),
        }
    }
}

/// Collects the body. A chunked body has no `content-length`, so the bytes are counted as they arrive.
async fn collect<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>> + Send,
    max_bytes: usize,
) -> Result<Bytes, ApiError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|error| ApiError::bad_request(format!("the body ended early: {error}")))?;
        if bytes.len() + chunk.remaining() > max_bytes {
            return Err(too_large(max_bytes));
        }
        let length = chunk.remaining();
        bytes.extend_from_slice(&chunk.copy_to_bytes(length));
    }
    Ok(bytes.freeze())
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(max_bytes: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
        format!("the body is larger than {max_bytes} bytes; send fewer rows, or raise MAX_BODY_BYTES"),
    )
    .with_header(header::CONNECTION, close())
}

fn too_slow(within: Duration) -> ApiError {
    let detail = format!("the body did not arrive within {} s; send it at once", within.as_secs_f64());
    ApiError::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail).with_header(header::CONNECTION, close())
}

/// `connection: close`: the rest of the body is not read, so the connection cannot be used again.
fn close() -> HeaderValue {
    HeaderValue::from_static("close")
}

/// Whether the content type is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| {
        kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
    })
}

fn is_text(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("text/plain"))
}

fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}
