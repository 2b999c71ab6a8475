//! The data folder belongs to one node at a time, which tells others in `node.json` how to join it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::hints;

/// How to reach a running node and what it runs; holds secrets, so only its owner may read it.
#[derive(Serialize)]
pub struct NodeFile {
    /// The API.
    pub http: String,
    /// The broker.
    pub kafka_bootstrap_servers: String,
    /// The embedded object store, if this node runs one.
    pub store: Option<StoreAccess>,
}

/// Address and credentials of the embedded store.
#[derive(Serialize, Clone)]
pub struct StoreAccess {
    /// Its URL.
    pub endpoint_url: String,
    /// Drawn anew at each start.
    pub access_key: String,
    /// Drawn anew at each start.
    pub secret_key: String,
}

/// A locked data folder; dropping it, as any end of the process does, unlocks it.
pub struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Creates the folder if need be and locks it.
    pub fn lock(path: &Path) -> anyhow::Result<Self> {
        let unusable = |error| anyhow::anyhow!(hints::cannot_use_data_dir(path, &error));
        fs::create_dir_all(path).map_err(unusable)?;
        let file = path.join("lock");
        let lock = File::create(&file).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => anyhow::bail!(
                "DATA_DIR {} is in use by another node; stop it, or set DATA_DIR to another folder",
                path.display()
            ),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", file.display()));
            }
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Writes `node.json` in one piece.
    pub fn announce(&self, node: &NodeFile) -> anyhow::Result<()> {
        let (target, draft) = (self.path.join("node.json"), self.path.join("node.json.tmp"));
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&draft)?;
            file.write_all(&serde_json::to_vec_pretty(node)?)?;
            fs::rename(&draft, &target)
        };
        write().with_context(|| format!("cannot write {}", target.display()))
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        // a node that is gone cannot be joined; a crash leaves the file, and its addresses answer nobody
        let _ = fs::remove_file(self.path.join("node.json"));
    }
}
