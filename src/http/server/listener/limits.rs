//! The limits of connections and requests.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use warp::reply::Response;

/// Limits of connections and requests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time; further ones wait in the backlog of the operating system.
    pub max_connections: usize,
    /// Request line and headers together, in bytes.
    pub max_header_bytes: usize,
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// From the first byte of a request to the end of its headers; also for a TLS handshake.
    pub header_timeout: Duration,
    /// From the end of the headers to the end of the body; also how long an answer may find no reader.
    pub body_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive: Duration,
}

/// The future of one response.
pub type ServiceFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;
