//! What stands before every handler: who may, how large a body may be, and what a panic becomes.

use std::future::Future;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;

use bytes::{Buf, Bytes, BytesMut};
use futures::{FutureExt, Stream, StreamExt};
use warp::http::{HeaderMap, HeaderValue, StatusCode, header};
use warp::reply::{Reply, Response};

use super::error::ApiError;

const REQUEST_ID: &str = "x-request-id";
const MAX_REQUEST_ID_BYTES: usize = 128;

/// The caller's request id if it sent a sane one, else a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let sane = |id: &&str| {
        !id.is_empty() && id.len() <= MAX_REQUEST_ID_BYTES && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    sent.filter(sane).map_or_else(|| uuid::Uuid::new_v4().simple().to_string()[..8].to_owned(), str::to_owned)
}

/// Runs a handler: errors and panics become answers, and every answer carries the request id.
pub async fn answer<T: Reply>(request_id: String, handler: impl Future<Output = Result<T, ApiError>>) -> Response {
    let mut response = match AssertUnwindSafe(handler).catch_unwind().await {
        Ok(Ok(reply)) => reply.into_response(),
        Ok(Err(error)) => error.respond(&request_id),
        Err(_) => ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "the handler failed; its cause is in the log under this req_id",
        )
        .respond(&request_id),
    };
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// Reads a body of at most `max_bytes`, chunked ones too.
pub async fn read_body<B: Buf>(
    body: impl Stream<Item = Result<B, warp::Error>>,
    max_bytes: usize,
) -> Result<Bytes, ApiError> {
    let mut body = std::pin::pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(chunk) = body.next().await {
        let mut chunk = chunk.map_err(|error| ApiError::bad_request(format!("the body ended early: {error}")))?;
        if bytes.len() + chunk.remaining() > max_bytes {
            return Err(ApiError::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!("the body is larger than {max_bytes} bytes; send fewer rows, or raise MAX_BODY_BYTES"),
            ));
        }
        while chunk.has_remaining() {
            let piece = chunk.chunk();
            bytes.extend_from_slice(piece);
            let length = piece.len();
            chunk.advance(length);
        }
    }
    Ok(bytes.freeze())
}

/// Who may make changing calls.
#[derive(Clone)]
pub struct Admin {
    /// The bearer token, if one is set.
    pub token: Option<String>,
    /// Where the API listens.
    pub listener: SocketAddr,
}

impl Admin {
    /// Lets the bearer of the token pass; with no token set, callers on this machine that no proxy and no
    /// web page can stand in for.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        if let Some(token) = &self.token {
            let sent = headers
                .get(header::AUTHORIZATION)
                .and_then(|value| value.to_str().ok())
                .and_then(|value| value.strip_prefix("Bearer "));
            return match sent {
                Some(sent) if same(sent.as_bytes(), token.as_bytes()) => Ok(()),
                Some(_) => {
                    Err(ApiError::new(StatusCode::FORBIDDEN, "forbidden", "the bearer token is not ADMIN_TOKEN"))
                }
                None => Err(ApiError::new(
                    StatusCode::UNAUTHORIZED,
                    "unauthorized",
                    "send `authorization: bearer` with ADMIN_TOKEN",
                )),
            };
        }
        let refuse = |why: &str| {
            Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "forbidden",
                format!("{why}; set ADMIN_TOKEN and send it as a bearer token"),
            ))
        };
        if !self.listener.ip().is_loopback() {
            return refuse("without ADMIN_TOKEN changing calls are refused on an address other than loopback");
        }
        let proxied = headers
            .keys()
            .any(|name| name == "forwarded" || name == "via" || name.as_str().starts_with("x-forwarded-"));
        if proxied {
            return refuse("without ADMIN_TOKEN changing calls through a proxy are refused");
        }
        if !headers.get(header::HOST).and_then(|host| host.to_str().ok()).is_some_and(is_loopback_host) {
            return refuse("without ADMIN_TOKEN changing calls need a loopback name in the host header");
        }
        let json = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
        if !json {
            return refuse("without ADMIN_TOKEN changing calls need `content-type: application/json`");
        }
        Ok(())
    }
}

fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Compares without telling by time where two secrets differ.
fn same(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
