//! The version and the git commit of the program.

use std::fmt;

/// The version and the git commit of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Build {
    /// The version of the package.
    pub version: &'static str,
    /// The first 12 digits of the git commit, or `unknown`.
    pub commit: &'static str,
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.version, self.commit)
    }
}
