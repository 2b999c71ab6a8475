//! `flts`: the command line.

mod commit;

use std::process::ExitCode;

use flts::cli;
use flts::node::Build;

const BUILD: Build = Build { version: env!("CARGO_PKG_VERSION"), commit: commit::COMMIT };

fn main() -> ExitCode {
    #[cfg(feature = "fault-points")]
    if let Err(error) = flts::node::fault_points::arm() {
        eprintln!("error: {error}");
        return ExitCode::from(flts::node::CONFIGURATION);
    }
    match cli::parse(std::env::args_os(), std::env::vars_os(), BUILD) {
        Ok(command) => cli::execute(command, BUILD),
        Err(exit) => exit.print(),
    }
}
