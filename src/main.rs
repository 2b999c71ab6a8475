//! `flts`: the command line.

use std::process::ExitCode;

use flts::cli;

fn main() -> ExitCode {
    #[cfg(feature = "fault-points")]
    if let Err(error) = flts::node::fault_points::arm() {
        eprintln!("error: {error}");
        return ExitCode::from(flts::node::CONFIGURATION);
    }
    match cli::parse(std::env::args_os(), std::env::vars_os()) {
        Ok(command) => cli::carry_out(command),
        Err(exit) => exit.tell(),
    }
}
