//! The header `x-request-id`: one id of a request in the request, the response and the log.

use warp::http::HeaderMap;

/// The name of the header.
pub const REQUEST_ID: &str = "x-request-id";

const MAX_BYTES: usize = 128;

/// The id that the caller sent, if it is printable ASCII of at most 128 bytes; otherwise a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let is_valid = |id: &&str| (1..=MAX_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    sent.filter(is_valid).map_or_else(new_request_id, str::to_owned)
}

/// A new id.
pub fn new_request_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..8].to_owned()
}
