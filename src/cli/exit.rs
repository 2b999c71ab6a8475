//! How the program ends: its exit codes, and the words of an end before any work.

use std::io::Write;
use std::process::ExitCode;

/// The end of the program before any work: help, a version, or a mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exit {
    /// The exit code.
    pub code: u8,
    /// What to tell.
    pub message: String,
}

impl Exit {
    /// Tells the message, on stdout where it was asked for and on stderr where it is a mistake.
    pub fn tell(&self) -> ExitCode {
        let message = self.message.trim_end();
        // a reader that went away (`| head`) is no failure
        let _ = match self.code {
            0 => writeln!(std::io::stdout(), "{message}"),
            _ => writeln!(std::io::stderr(), "{message}"),
        };
        ExitCode::from(self.code)
    }
}
