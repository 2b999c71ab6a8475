//! Drives `flts` nodes from outside, over HTTP and signals, and measures what their callers see.
//!
//! * `peer`: one request, over a kept or a new connection, and its outcome
//! * `open_loop`: requests that are due at fixed times, independent of the answers
//! * `report`: latencies by outcome
//! * `node`, `home`: a node as a child process, and a data folder for such nodes
//! * `services`: a real broker and a real store, as child processes
//! * `load`, `panics`, `hang`, `stops`: one scenario a file

#![forbid(unsafe_code)]

pub mod hang;
pub mod home;
pub mod load;
pub mod node;
pub mod open_loop;
pub mod panics;
pub mod peer;
pub mod report;
pub mod services;
pub mod stops;

pub use open_loop::{Answer, Arrivals, OpenLoop, Pace};
pub use peer::{Ask, Connections, Outcome, Peer};
pub use report::Report;
