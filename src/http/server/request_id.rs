//! The id of a request: one name for it at the caller, in the answer and in the log.

use warp::http::HeaderMap;

/// The header that holds it.
pub const REQUEST_ID: &str = "x-request-id";

const MAX_BYTES: usize = 128;

/// The caller's own if it sent a sane one, else a new one.
pub fn request_id(headers: &HeaderMap) -> String {
    let sent = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let sane = |id: &&str| (1..=MAX_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    sent.filter(sane).map_or_else(new_request_id, str::to_owned)
}

/// An id for a request that brought none.
pub fn new_request_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()[..8].to_owned()
}
