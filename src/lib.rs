//! FLTS: an actor-based distributed runtime for continuous forecasting.
//!
//! Imports run downward: `cli` -> `node` -> `http` -> `actors` -> `storage`, `kafka` -> `forecast` -> `limits`.
//! `config` is read by `cli` and `node`, and holds the value types of the rooms below; `runtime`, `terminal` and `embedded` import nothing of ours.
#![forbid(unsafe_code)]

pub mod actors;
pub mod cli;
pub mod config;
pub mod embedded;
pub mod forecast;
pub mod http;
pub mod kafka;
pub mod limits;
pub mod node;
pub mod runtime;
pub mod storage;
pub mod terminal;
