//! Drives `flts` nodes from outside, over HTTP and signals, and says what their callers felt.
//!
//! * `peer`: one request, over connections that are kept or fresh, and what came of it
//! * `open_loop`: requests that are due at fixed times, whatever the answers do
//! * `report`: latencies by outcome
//! * `node`, `home`: a node as a child process, and a folder that nodes of our own work in
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

pub use open_loop::{Answer, Arrivals, Pace, OpenLoop};
pub use peer::{Ask, Connections, Outcome, Peer};
pub use report::Report;
