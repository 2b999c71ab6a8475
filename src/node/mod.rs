//! One node: its command line, its settings, and its life.
//!
//! * `cli`, `config`: what was asked for
//! * `run`: bind, start, serve, drain, exit code
//! * `backing`: broker and object store, configured or embedded
//! * `blueprint`, `supervision`: from the configuration to what actors are built from, and how they are watched
//! * `data_dir`, `intake`, `sample_data`: files
//! * `console`, `telemetry`, `log_lines`, `shown`: what people and machines see

mod backing;
mod blueprint;
pub mod cli;
pub mod config;
mod console;
mod data_dir;
mod intake;
mod log_lines;
mod run;
pub mod sample_data;
mod shown;
mod supervision;
mod telemetry;

pub use run::run;
