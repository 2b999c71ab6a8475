//! Authorization of changing requests: by the admin token, or without one only from this machine.

use std::net::SocketAddr;

use warp::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::body::is_json;
use super::error::ApiError;

/// Who may make changing requests.
#[derive(Clone)]
pub struct Admin {
    /// The bearer token, if one is set.
    pub token: Option<String>,
    /// The address that the API listens on.
    pub listener: SocketAddr,
}

impl Admin {
    /// Checks the bearer token. Without a configured token it accepts requests from this machine only, and refuses what a
    /// proxy or a web page could have sent.
    ///
    /// # Errors
    /// 401 without a token, 403 with a wrong token or from elsewhere.
    pub fn check(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        match &self.token {
            Some(token) => check_token(token, headers),
            None => self.check_local(headers),
        }
    }

    fn check_local(&self, headers: &HeaderMap) -> Result<(), ApiError> {
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
        Some(sent) if constant_time_eq(sent, token.as_bytes()) => Ok(()),
        Some(_) => Err(forbidden("the bearer token is not ADMIN_TOKEN")),
        None => {
            let detail = "send `authorization: Bearer` with ADMIN_TOKEN";
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
                .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
        }
    }
}

/// The token in `Bearer <token>`; the scheme may be in any case.
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

/// Compares in constant time, so that the duration does not reveal where two secrets differ.
fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len() && left.iter().zip(right).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
}
