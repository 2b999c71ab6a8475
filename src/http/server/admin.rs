//! Who may make changing calls: the bearer of the token, or with no token set programs on this machine.

use std::net::SocketAddr;

use warp::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::body::is_json;
use super::error::ApiError;

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
        match &self.token {
            Some(token) => check_token(token, headers),
            None => self.check_neighbour(headers),
        }
    }

    fn check_neighbour(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let refuse = |why: &str| Err(forbidden(format!("{why}; set ADMIN_TOKEN and send it as a bearer token")));
        if !self.listener.ip().is_loopback() {
            return refuse("without ADMIN_TOKEN changing calls are refused on an address other than loopback");
        }
        let proxied = |name: &HeaderName| {
            name == header::FORWARDED || name == header::VIA || name.as_str().starts_with("x-forwarded-")
        };
        if headers.keys().any(proxied) {
            return refuse("without ADMIN_TOKEN changing calls through a proxy are refused");
        }
        let mut hosts = headers.get_all(header::HOST).iter().peekable();
        let local = |host: &HeaderValue| host.to_str().is_ok_and(is_loopback_host);
        if hosts.peek().is_none() || !hosts.all(local) {
            return refuse("without ADMIN_TOKEN changing calls need a loopback name in the host header");
        }
        if !is_json(headers) {
            return refuse("without ADMIN_TOKEN changing calls need `content-type: application/json`");
        }
        Ok(())
    }
}

fn check_token(token: &str, headers: &HeaderMap) -> Result<(), ApiError> {
    let sent = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).and_then(bearer);
    match sent {
        Some(sent) if same(sent, token.as_bytes()) => Ok(()),
        Some(_) => Err(forbidden("the bearer token is not ADMIN_TOKEN")),
        None => {
            let detail = "send `authorization: Bearer` with ADMIN_TOKEN";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
                .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
        }
    }
}

/// The token of `Bearer token`; the scheme's case does not matter.
fn bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = value.split_at_checked(b"bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii())
}

fn forbidden(detail: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "forbidden", detail)
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
