//! An end of the program before any command runs: help, the version, or a mistake.

use std::io::Write;
use std::process::ExitCode;

/// An end of the program before any command runs: help, the version, or a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: u8,
    /// The text to print.
    pub message: String,
}

impl Exit {
    /// Prints the message, on stdout with exit code 0 and else on stderr, and returns the exit code.
    pub fn print(&self) -> ExitCode {
        let message = self.message.trim_end();
        // a closed pipe (`| head`) is no failure
        let _ = match self.code {
            0 => writeln!(std::io::stdout(), "{message}"),
            _ => writeln!(std::io::stderr(), "{message}"),
        };
        ExitCode::from(self.code)
    }
}
