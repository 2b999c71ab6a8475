//! Accepts connections, with limits, timeouts and TLS.
//!
//! * `accept`: accepts connections, bounded in number, and closes the listener without losing any
//! * `clock`: measures how long a peer takes to send its headers and to read its response
//! * `closing_answer`: the response to what is no request
//! * `connection`: one connection, from the handshake to the close
//! * `limits`: the limits of connections and requests
//! * `slots`: the places of open connections: a limit, and a reserve beyond it
//! * `streamed_answer`: an answer whose body is sent as it comes
//! * `tls`: certificate and key
//! * `tls_client`: the other side of the handshake, for commands that call the node

mod accept;
mod clock;
mod closing_answer;
mod connection;
mod limits;
mod slots;
mod streamed_answer;
mod tls;
mod tls_client;

pub use accept::{Listener, serve as serve_connections};
pub use limits::{LEAVING_CONNECTIONS, Limits, OnReserve, RESERVED_CONNECTIONS, ServiceFuture};
pub use streamed_answer::streamed_answer;
pub use tls::{Tls, TlsError};
