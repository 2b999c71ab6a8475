//! The command line: one command a file.
//!
//! * `access`: The stores and the broker of a command: those that are configured, those of the node that runs, or the store under `DATA_DIR` itself when nobody has it
//! * `command`:
//! * `dispatch`: What each subcommand does, one a file: its flags, and its work
//! * `exit`: How the program ends: its exit codes, and the words of an end before any work
//! * `flags`: Settings as flags: every command takes all of them, and its help lists those that matter to it
//! * `forecast`: `flts forecast`: the rows that follow those of a file, by the promoted model, without a server
//! * `help`: What the command line says about itself beyond the settings table: which settings come first, and examples
//! * `output`: Rows for people: lines on a terminal, Markdown elsewhere
//! * `parse`: The command line: arguments and environment in, a command out
//! * `preprocess`: `flts preprocess`: the batch job
//! * `promotion`: `flts promotion`: the pointer and its history, shown or moved by hand
//! * `run`: `flts run`: a node; `--print-topology` draws it instead
//! * `sample_data`: `flts sample-data TO`: the synthetic data as two files, the second one the last fifth
//! * `show_config`: `flts config`: the effective settings, each with where its value came from
//! * `topics`: `flts topics`: the topics that should exist and which of them do; `--create` makes the others

mod access;
mod command;
mod dispatch;
mod exit;
mod flags;
mod forecast;
mod help;
mod output;
mod parse;
mod preprocess;
mod promotion;
mod run;
mod sample_data;
mod show_config;
mod topics;

pub use command::Command;
pub use dispatch::carry_out;
pub use exit::Exit;
pub use parse::parse;
