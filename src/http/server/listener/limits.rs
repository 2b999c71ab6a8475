//! The limits of connections and requests.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use warp::reply::Response;

/// Connections beyond the limit that only probes, metrics and debug routes are answered on.
pub const RESERVED_CONNECTIONS: usize = 32;

/// Connections that have lost their place to others, and that are not closed before their peers have read the last answer.
pub const LEAVING_CONNECTIONS: usize = 32;

/// A request came on a connection of the reserve.
#[derive(Debug, Clone, Copy)]
pub struct OnReserve;

/// Limits of connections and requests.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Connections at a time. For a further one the one that has waited longest for a request is closed.
    pub max_connections: usize,
    /// Request line and headers together, in bytes.
    pub max_header_bytes: usize,
    /// Largest body, in bytes.
    pub max_body_bytes: usize,
    /// From the accept to the end of the first headers, TLS handshake included; later from the first byte of a request to the end of its
    /// headers.
    pub header_timeout: Duration,
    /// From the end of the headers to the end of the body; also how long an answer may find no reader.
    pub body_timeout: Duration,
    /// How long a connection may be idle between two requests.
    pub keep_alive: Duration,
}

/// The future of one response.
pub type ServiceFuture = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;
