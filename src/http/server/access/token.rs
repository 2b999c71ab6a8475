//! Bearer tokens.

use warp::http::{HeaderMap, HeaderValue, header};

/// Whether the caller sent one of some tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// One of them.
    Right,
    /// Another one.
    Wrong,
    /// None at all.
    Nothing,
}

/// Compares the token that was sent with each of `tokens`.
pub fn sent<'a>(headers: &HeaderMap, tokens: impl Iterator<Item = &'a String>) -> Sent {
    match headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).and_then(bearer) {
        None => Sent::Nothing,
        // each is compared, so that the duration does not tell which one it was
        Some(sent) => match tokens.fold(false, |found, token| constant_time_eq(sent, token.as_bytes()) | found) {
            true => Sent::Right,
            false => Sent::Wrong,
        },
    }
}

/// The token in `Bearer <token>`; the scheme may be in any case.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

/// Compares in constant time, so that the duration does not reveal where two secrets differ.
fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
