//! FLTS: an actor-based distributed runtime for continuous forecasting.
//!
//! Imports run downward: `node` -> `http` -> `actors` -> `storage`, `transport` -> `forecast`;
//! `runtime`, `forecast` and `embedded` import nothing of ours.
#![forbid(unsafe_code)]

pub mod actors;
pub mod embedded;
pub mod forecast;
pub mod http;
pub mod node;
pub mod runtime;
pub mod storage;
pub mod terminal;
pub mod transport;
