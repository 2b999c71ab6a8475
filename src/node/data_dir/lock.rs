//! The lock of the data folder: one process uses it at a time. A node writes `node.json` there, so that others can join it; a
//! command holds the lock while it works on the embedded store.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::config::NODE_FILE;
use crate::node::os_errors::cannot_use_data_dir;

use super::node_file::NodeFile;
use super::private_file;

/// How long a node waits for a command to release the folder.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// The kind of process that holds the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockOwner {
    /// A long-running node.
    Node,
    /// A command, which ends soon.
    Command,
}

/// A locked data folder. The lock ends when it is dropped or the process ends.
pub struct DataDir {
    path: PathBuf,
    announced: bool,
    _lock: File,
}

impl DataDir {
    /// Creates the folder if it is missing, and locks it for a node.
    ///
    /// # Errors
    /// Another process holds the lock, or the folder cannot be used.
    pub async fn lock(path: &Path) -> anyhow::Result<Self> {
        let deadline = Instant::now() + COMMAND_TIMEOUT;
        // the lock changes its owner shortly before its text does, so a node counts only when it is read twice
        let mut is_second_try = false;
        loop {
            let (owner, pid) = match Self::try_lock(path, LockOwner::Node)? {
                Ok(folder) => return Ok(folder),
                Err(owner) => owner,
            };
            if owner == LockOwner::Node && is_second_try || Instant::now() >= deadline {
                anyhow::bail!(in_use(path, owner, pid));
            }
            is_second_try = true;
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// As [`DataDir::lock`], but without waiting: the inner error is the owner of the lock and its process id, if known.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub fn try_lock(path: &Path, owner: LockOwner) -> anyhow::Result<Result<Self, (LockOwner, Option<u32>)>> {
        let unusable = |error| anyhow::anyhow!(cannot_use_data_dir(path, &error));
        private_file::create_folder(path).map_err(unusable)?;
        let file = lock_file(path);
        let mut lock = private_file::open(&file).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(read_owner(&mut lock))),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", file.display()));
            }
        }
        // the text only serves error messages, so a failed write does not matter
        let _ = write_owner(&mut lock, owner);
        Ok(Ok(Self { path: path.to_owned(), announced: false, _lock: lock }))
    }

    /// Writes `node.json`, so that others can join this node.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn announce(&mut self, node: &NodeFile) -> anyhow::Result<()> {
        node.write(&self.path).with_context(|| format!("cannot write {}", self.path.join(NODE_FILE).display()))?;
        self.announced = true;
        Ok(())
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if self.announced {
            // a stopped node cannot be joined; after a crash the file stays, but its addresses do not answer
            let _ = fs::remove_file(self.path.join(NODE_FILE));
        }
    }
}

/// The error of a node that cannot lock the folder: the owner, and what to do.
fn in_use(path: &Path, owner: LockOwner, pid: Option<u32>) -> String {
    let folder = path.display();
    let process = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
    match owner {
        LockOwner::Node => format!(
            "DATA_DIR {folder} is in use by another node{process}; \
             to run one beside it, set JOIN={folder} and DATA_DIR to another folder, else stop it"
        ),
        LockOwner::Command => format!(
            "DATA_DIR {folder} is in use by a command{process} that was not done within {} s; \
             wait for its end or stop it, then start again",
            COMMAND_TIMEOUT.as_secs()
        ),
    }
}

/// The folder of snapshots: state of actors that is expensive to compute again.
pub fn snapshots_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("snapshots")
}

/// The file that is locked.
pub fn lock_file(data_dir: &Path) -> PathBuf {
    data_dir.join("lock")
}

fn write_owner(lock: &mut File, owner: LockOwner) -> std::io::Result<()> {
    let word = match owner {
        LockOwner::Node => "node",
        LockOwner::Command => "command",
    };
    lock.set_len(0)?;
    write!(lock, "{} {word}", std::process::id())
}

/// The owner named in the lock file; a file without a name counts as a node.
fn read_owner(lock: &mut File) -> (LockOwner, Option<u32>) {
    let mut text = String::new();
    let read = lock.rewind().and_then(|()| lock.read_to_string(&mut text));
    let words = read.ok().and_then(|_| text.split_once(' '));
    match words {
        Some((pid, "command")) => (LockOwner::Command, pid.parse().ok()),
        Some((pid, _)) => (LockOwner::Node, pid.parse().ok()),
        None => (LockOwner::Node, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_holds_the_folder_is_told_as_what_it_is() {
        let text = |owner| in_use(Path::new("there"), owner, Some(7));
        let (node, command) = (text(LockOwner::Node), text(LockOwner::Command));
        assert!(node.contains("by another node (process 7)") && node.contains("JOIN=there"), "{node}");
        assert!(command.contains("by a command (process 7)") && command.contains("wait for its end"), "{command}");
        assert!(!command.contains("JOIN"), "a command cannot be joined: {command}");
    }
}
