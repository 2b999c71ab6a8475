//! `flts`: the command line.

use flts::node::cli::{self, Command};
use std::process::ExitCode;

fn main() -> ExitCode {
    #[cfg(feature = "fault-points")]
    if let Err(error) = flts::node::fault_points::arm() {
        eprintln!("error: {error}");
        return ExitCode::from(cli::CONFIGURATION);
    }
    match cli::parse(std::env::args_os(), std::env::vars_os()) {
        Ok(Command::Run { config, data, test }) => flts::node::run(*config, data, test),
        Ok(Command::SampleData { to }) => flts::node::sample_data::write(&to),
        Err(exit) => exit.tell(),
    }
}
