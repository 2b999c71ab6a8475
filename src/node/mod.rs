//! One node: its command line, its settings, and its life.
//!
//! * `cli`, `config`: what was asked for
//! * `run`: bind, start, serve, drain, exit code
//! * `backing`: broker and object store, configured or embedded
//! * `blueprint`, `supervision`: from the configuration to what actors are built from, and how they are watched
//! * `data_dir`, `intake`, `sample_data`: files
//! * `console`, `telemetry`: what people and machines see
//! * `fault_points`: where tests may kill the process (only with the feature of that name)

mod backing;
mod blueprint;
pub mod cli;
pub mod config;
mod console;
mod data_dir;
#[cfg(feature = "fault-points")]
pub mod fault_points;
mod intake;
mod run;
pub mod sample_data;
mod supervision;
mod telemetry;

pub use run::run;
