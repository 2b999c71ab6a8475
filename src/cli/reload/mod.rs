//! `flts reload`: asks the running node to read the promotion pointer now.
//!
//! * `command`: the command, its flags and its work
//! * `node_call`: a call to the API of the node that runs here

mod command;
mod node_call;

pub use command::{command, parse, work};
