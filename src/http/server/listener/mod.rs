//! Accepts connections, bounds their number and time, and speaks TLS.
//!
//! * `accept`: Where connections come in: accepted one by one, bounded in number, each with its own timers
//! * `clock`: How long a peer has kept us waiting: with a header that it began, or with an answer that it does not take
//! * `connection`: One connection: handshake, requests, and a close that lets the peer read its last answer
//! * `limits`:
//! * `tls`: Certificate and key of the listener, read and checked before anything is bound

mod accept;
mod clock;
mod connection;
mod limits;
mod tls;

pub use accept::{Listener, serve as serve_connections};
pub use limits::{Answering, Limits};
pub use tls::{Tls, TlsError};
