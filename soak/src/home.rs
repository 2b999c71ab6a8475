//! A data folder with synthetic data for the nodes that a scenario starts.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::node::Node;

/// The folder; it is removed when this is dropped.
pub struct Home {
    folder: TempDir,
    program: PathBuf,
    trained: bool,
}

impl Home {
    /// A folder with the synthetic data that `program` makes.
    pub fn new(program: &Path) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let made = Command::new(program).arg("sample-data").arg(folder.path()).output();
        let made = made.with_context(|| format!("cannot run {}; make build makes it", program.display()))?;
        ensure!(made.status.success(), "no sample data: {}", String::from_utf8_lossy(&made.stderr));
        Ok(Self { folder, program: program.to_owned(), trained: false })
    }

    /// Starts a node and waits until it is ready: the first one trains the model, later ones load it.
    pub async fn start(&mut self, env: &[(&str, &str)]) -> Result<Node> {
        let [home, data, test] = ["home", "sample.csv", "sample_test.csv"].map(|name| self.folder.path().join(name));
        let with_data = [Path::new("--data"), &data, Path::new("--test"), &test];
        let node = Node::start(&self.program, &home, if self.trained { &[] } else { &with_data }, env)?;
        node.until_ready().await?;
        self.trained = true;
        Ok(node)
    }
}
