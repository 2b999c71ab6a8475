//! `flts buckets`: the buckets of FLTS and whether they exist; `--create` creates the missing ones.
//!
//! * `command`: the command, its flags and its work

mod command;

pub use command::{command, parse, work};
