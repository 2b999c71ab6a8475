//! The life of a node: start, serve, drain, stop, exit code.
//!
//! * `console`: what a person at the terminal sees of a node
//! * `drain`: the steps of a drain, each with a deadline
//! * `exit_codes`: the exit codes of the program
//! * `fault_points`: the places where tests may kill the process
//! * `log_lines`: a log event as one flat JSON object
//! * `logging`: starts the log of the process
//! * `prepare`: everything before the actors start: lock, port, broker, store, input files
//! * `process`: runs the work of the process on a runtime
//! * `refused_files`: files of the command line that cannot be used end a node without other data
//! * `run`: from start to exit code
//! * `running`: a node at work: actors, API and console
//! * `stop`: waits for the end, drains, and chooses the exit code
//! * `supervision`: the supervisor's settings, and what log and metrics record of it

mod console;
mod drain;
mod exit_codes;
#[cfg(feature = "fault-points")]
pub mod fault_points;
mod log_lines;
mod logging;
mod prepare;
mod process;
mod refused_files;
mod run;
mod running;
mod stop;
mod supervision;

pub use console::{HISTORY_PER_STEP, last_points};
pub use exit_codes::{CONFIGURATION, USAGE};
pub use logging::start_command_log;
pub use process::{report_failure, run_on_runtime};
pub use run::run;
