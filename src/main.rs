//! `flts`: the command line.

use flts::node::{cli, commands};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::parse(std::env::args_os(), std::env::vars_os()) {
        Ok(command) => commands::carry_out(command),
        Err(exit) => exit.tell(),
    }
}
