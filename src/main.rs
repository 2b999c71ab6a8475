//! `flts`: the command line.

use flts::node::{cli, commands};
use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "fault-points")]
    if let Err(error) = flts::node::fault_points::arm() {
        eprintln!("error: {error}");
        return ExitCode::from(cli::CONFIGURATION);
    }
    match cli::parse(std::env::args_os(), std::env::vars_os()) {
        Ok(command) => commands::carry_out(command),
        Err(exit) => exit.tell(),
    }
}
