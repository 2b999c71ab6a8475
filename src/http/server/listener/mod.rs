//! Accepts connections, with limits, timeouts and TLS.
//!
//! * `accept`: accepts connections, bounded in number, and closes the listener without losing any
//! * `clock`: measures how long a peer takes to send its headers and to read its response
//! * `connection`: one connection, from the handshake to the close
//! * `limits`: the limits of connections and requests
//! * `tls`: certificate and key

mod accept;
mod clock;
mod connection;
mod limits;
mod tls;

pub use accept::{Listener, serve as serve_connections};
pub use limits::{Limits, ServiceFuture};
pub use tls::{Tls, TlsError};
