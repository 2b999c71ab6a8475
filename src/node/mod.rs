//! One node: its command line, its settings, and its life.
//!
//! * `cli`, `config`: what was asked for; `help`, `hints`: what the program says about itself and about errors
//! * `run`: bind, start, serve, drain, exit code
//! * `backing`: broker and object store, configured or embedded
//! * `blueprint`, `supervision`: from the configuration to what actors are built from, and how they are watched
//! * `data_dir`, `intake`, `sample_data`: files
//! * `console`, `telemetry`: what people and machines see

mod backing;
mod blueprint;
pub mod cli;
pub mod config;
mod console;
mod data_dir;
mod help;
mod hints;
mod intake;
mod run;
pub mod sample_data;
mod supervision;
mod telemetry;

pub use run::run;
