//! The last response of a connection on which something came that is no request: hyper writes none, or one without a body.

use warp::http::StatusCode;

use crate::http::server::request_id::{REQUEST_ID, new_request_id};

/// The response to headers that took too long.
pub fn too_slow() -> String {
    let detail = "the headers did not arrive in time; send the request at once";
    write(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
}

/// The response to bytes that hyper refused with this status.
pub fn refused(status: u16) -> String {
    match StatusCode::from_u16(status) {
        Ok(status @ StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE) => {
            let detail = "request line and headers are too large; shorten them, or raise HTTP_MAX_HEADER_BYTES";
            write(status, "headers_too_large", detail)
        }
        Ok(status @ StatusCode::URI_TOO_LONG) => {
            write(status, "uri_too_long", "the request target is too long; shorten it")
        }
        _ => {
            let detail = "this is no request of HTTP/1.1, or its headers contradict each other; check request line, `content-length` and \
                          `transfer-encoding`";
            write(StatusCode::BAD_REQUEST, "bad_request", detail)
        }
    }
}

fn write(status: StatusCode, code: &str, detail: &str) -> String {
    let req_id = new_request_id();
    tracing::debug!(event = "http_request_refused", service = "http", req_id, status = status.as_u16(), code);
    let body = format!(r#"{{"detail":"{detail}","code":"{code}","req_id":"{req_id}"}}"#);
    let (reason, length) = (status.canonical_reason().unwrap_or_default(), body.len());
    format!(
        "HTTP/1.1 {} {reason}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         {REQUEST_ID}: {req_id}\r\ncontent-length: {length}\r\n\r\n{body}",
        status.as_u16()
    )
}
