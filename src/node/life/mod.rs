//! The life of a node: start, serve, drain, stop, exit code.
//!
//! * `console`: What a person at the terminal sees of a node: progress, the scoreboard, the model in service, one forecast
//! * `drain`: The drain of a node: its steps in order, each with a deadline, and who was late in which
//! * `exit_codes`:
//! * `fault_points`: Where tests may kill the process: one place at every boundary between two writes, by name
//! * `log_lines`: A log event as one flat JSON object: `ts`, `level`, `service`, `event`, and then its own fields
//! * `process`: One node: its command line, its settings, and its life
//! * `run`: The life of a node: it starts, serves and stops, each in a file of its own
//! * `serve`: A node at work: its actors, its API and its console
//! * `start`: What a node does before it serves: lock its folder, reserve its port, find or start what it stands on, store the files it was given
//! * `stop`: The end of a node: why it ends, what is told of it, and its exit code
//! * `supervision`: How the actors of a node are supervised, and what the log and the metrics hear of it
//! * `telemetry`: Logs: one JSON object a line, or short lines for a person at a terminal

mod console;
mod drain;
mod exit_codes;
#[cfg(feature = "fault-points")]
pub mod fault_points;
mod log_lines;
mod process;
mod run;
mod serve;
mod start;
mod stop;
mod supervision;
pub(crate) mod telemetry;

pub(crate) use console::{HISTORY_PER_STEP, last_points};
pub use exit_codes::{CONFIGURATION, USAGE};
pub(crate) use process::{failed, on_runtime};
pub use run::run;
