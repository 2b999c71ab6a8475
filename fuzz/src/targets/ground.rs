//! What several targets need: a runtime, a folder, and the program.

use std::path::PathBuf;

use anyhow::Result;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The ground that targets stand on.
pub struct Ground {
    /// Where servers and clients run.
    pub runtime: Runtime,
    /// A folder that is removed in the end.
    pub folder: TempDir,
    /// The `flts` program.
    pub program: PathBuf,
}

impl Ground {
    /// A new folder and a runtime.
    pub fn new(program: PathBuf) -> Result<Self> {
        Ok(Self { runtime: Runtime::new()?, folder: tempfile::tempdir()?, program })
    }
}
