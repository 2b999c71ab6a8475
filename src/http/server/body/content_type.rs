//! What a body is, as its headers say.

use warp::http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::http::server::error::ApiError;
use crate::limits::ERROR_QUOTE;

/// How a body is encoded on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// Compressed by gzip.
    Gzip,
}

/// Whether the content type is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| {
        kind.eq_ignore_ascii_case("application/json") || kind.to_ascii_lowercase().ends_with("+json")
    })
}

/// Whether the content type is plain text.
pub fn is_text(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|kind| kind.eq_ignore_ascii_case("text/plain"))
}

/// The encoding of the body.
///
/// # Errors
/// 415 for any other than gzip.
pub fn encoding(headers: &HeaderMap) -> Result<Encoding, ApiError> {
    let mut codings = headers.get_all(header::CONTENT_ENCODING).iter().filter(|value| !is_identity(value));
    let Some(value) = codings.next() else { return Ok(Encoding::Identity) };
    let is_gzip = [b"gzip".as_slice(), b"x-gzip"].iter().any(|name| value.as_bytes().eq_ignore_ascii_case(name));
    if is_gzip && codings.next().is_none() {
        return Ok(Encoding::Gzip);
    }
    let coding = String::from_utf8_lossy(value.as_bytes());
    let detail = format!(
        "the content encoding `{}` is not understood; send the body as it is, or with `content-encoding: gzip`",
        ERROR_QUOTE.cut(&coding)
    );
    Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
        .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"))
        .closing())
}

/// The length that the headers announce; none for a chunked body.
pub fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn is_identity(value: &HeaderValue) -> bool {
    value.as_bytes().trim_ascii().is_empty() || value.as_bytes().eq_ignore_ascii_case(b"identity")
}

/// The content type without its parameters.
pub fn media_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok()?.split(';').next().map(str::trim)
}
