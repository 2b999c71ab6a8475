//! What each kind of call needs: a token, or without one a caller on this machine that is no foreign web page.

use std::net::SocketAddr;

use warp::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::http::server::body::is_json;
use crate::http::server::error::ApiError;

use super::authority::{authority_of, is_host_of, is_loopback_host};
use super::token::{Sent, sent};

/// What a call does, and so who may make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallKind {
    /// A probe: open to everyone who reaches the port.
    Probe,
    /// It shows the state of the node.
    Read,
    /// It asks for a forecast.
    Forecast,
    /// It changes the node or the pointer.
    Change,
}

/// The hosts that a changing call may be sent to beside loopback ones: none.
const NO_OTHERS: &[String] = &[];

/// The tokens that a node expects, the address that it listens on, and the names that it is called by.
#[derive(Clone)]
pub struct Access {
    /// The bearer token of changing calls, if one is set. It opens reading calls too.
    pub admin_token: Option<String>,
    /// The bearer token of reading calls, if one is set.
    pub read_token: Option<String>,
    /// The address that the API listens on.
    pub listener: SocketAddr,
    /// Hosts under which reading calls and forecasts are answered besides loopback ones.
    pub allowed_hosts: Vec<String>,
}

impl Access {
    /// Whether only programs on this machine reach the listener.
    pub fn is_loopback(&self) -> bool {
        self.listener.ip().to_canonical().is_loopback()
    }

    /// Refuses a caller who may not make such a call.
    ///
    /// # Errors
    /// 401 without a token that is needed, 403 with a wrong token, from elsewhere, or from a foreign web page.
    pub fn check(&self, kind: CallKind, headers: &HeaderMap) -> Result<(), ApiError> {
        match kind {
            CallKind::Probe => Ok(()),
            CallKind::Read => self.check_read(headers),
            CallKind::Forecast => self.check_origin(headers, &self.allowed_hosts),
            CallKind::Change => self.check_change(headers),
        }
    }

    fn check_change(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        match &self.admin_token {
            Some(_) => check_token("ADMIN_TOKEN", sent(headers, self.admin_token.iter())),
            None => self.check_local_change(headers),
        }
    }

    fn check_read(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let sent = sent(headers, self.read_token.iter().chain(&self.admin_token));
        if self.read_token.is_some() {
            return check_token("READ_TOKEN", sent);
        }
        if sent == Sent::Right || !self.is_loopback() {
            return Ok(());
        }
        // a web page whose name was made to point to this machine would read the answer
        if !headers.get_all(header::HOST).iter().all(|host| is_known(host, &self.allowed_hosts)) {
            let detail = "on a loopback listener reading calls need a loopback name in the host header";
            return Err(forbidden(format!(
                "{detail}; set HTTP_ALLOWED_HOSTS for other names, or set READ_TOKEN and send it as a bearer token"
            )));
        }
        self.check_origin(headers, &self.allowed_hosts)
    }

    /// Refuses a web page of another machine. A browser sends its origin; a program sends none.
    fn check_origin(&self, headers: &HeaderMap, allowed: &[String]) -> Result<(), ApiError> {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let known = |origin: &HeaderValue| {
            origin.to_str().ok().and_then(authority_of).is_some_and(|host| is_known_host(host, allowed))
        };
        if !self.is_loopback() || origins.all(known) {
            return Ok(());
        }
        let tokens = self.read_token.iter().chain(&self.admin_token);
        match sent(headers, tokens) {
            Sent::Right => Ok(()),
            _ => Err(forbidden("on a loopback listener calls of a web page of another machine are refused")),
        }
    }

    fn check_local_change(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let refuse = |why: &str| Err(forbidden(format!("{why}; set ADMIN_TOKEN and send it as a bearer token")));
        if !self.is_loopback() {
            return refuse("without ADMIN_TOKEN changing calls are refused on an address other than loopback");
        }
        let proxied = |name: &HeaderName| {
            name == header::FORWARDED || name == header::VIA || name.as_str().starts_with("x-forwarded-")
        };
        if headers.keys().any(proxied) {
            return refuse("without ADMIN_TOKEN changing calls through a proxy are refused");
        }
        let mut hosts = headers.get_all(header::HOST).iter().peekable();
        // not the allowed hosts: a proxy may pass them on for everybody
        if hosts.peek().is_none() || !hosts.all(|host| is_known(host, NO_OTHERS)) {
            return refuse("without ADMIN_TOKEN changing calls need a loopback name in the host header");
        }
        if !is_json(headers) {
            return refuse("without ADMIN_TOKEN changing calls need `content-type: application/json`");
        }
        self.check_origin(headers, NO_OTHERS)
    }
}

fn check_token(setting: &str, sent: Sent) -> Result<(), ApiError> {
    match sent {
        Sent::Right => Ok(()),
        Sent::Wrong => Err(forbidden(format!("the bearer token is not {setting}"))),
        Sent::Nothing => {
            let detail = format!("send `authorization: Bearer` with {setting}");
            Err(ApiError::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
                .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")))
        }
    }
}

fn forbidden(detail: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "forbidden", detail)
}

fn is_known(host: &HeaderValue, allowed: &[String]) -> bool {
    host.to_str().is_ok_and(|host| is_known_host(host, allowed))
}

fn is_known_host(host: &str, allowed: &[String]) -> bool {
    is_loopback_host(host) || is_host_of(host, allowed)
}
