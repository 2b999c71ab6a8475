//! The command line: one command a file.
//!
//! * `backends`: the object store and the broker of a command
//! * `buckets`: `flts buckets`
//! * `command`: a parsed command line
//! * `dispatch`: runs a parsed command
//! * `doctor`: `flts doctor`
//! * `exit`: an end of the program before any command runs
//! * `files`: `flts inspect` and `flts sample-data`
//! * `flags`: settings as flags
//! * `forecast`: `flts forecast` and `flts backtest`
//! * `help`: help texts
//! * `parse`: from arguments and environment to a command
//! * `preprocess`: `flts preprocess`
//! * `print`: prints text and tables
//! * `promotion`: `flts promotion`
//! * `reload`: `flts reload`
//! * `run`: `flts run`
//! * `show_config`: `flts config`
//! * `topics`: `flts topics`

mod backends;
mod buckets;
mod command;
mod dispatch;
mod doctor;
mod exit;
mod files;
mod flags;
mod forecast;
mod help;
mod parse;
mod preprocess;
mod print;
mod promotion;
mod reload;
mod run;
mod show_config;
mod topics;

pub use command::Command;
pub use dispatch::execute;
pub use exit::Exit;
pub use parse::parse;
