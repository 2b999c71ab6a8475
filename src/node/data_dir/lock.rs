//! The data folder belongs to one process at a time: a node, which tells others in `node.json` how to join it, or a
//! command for as long as it works on the store itself.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::config::NODE_FILE;

use super::hints;
use super::node_file::NodeFile;

/// How long a node waits for a command to be done with the folder.
const COMMAND_PATIENCE: Duration = Duration::from_secs(10);
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Who has a folder in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockOwner {
    /// A long-running node.
    Node,
    /// A command that is soon done.
    Command,
}

/// A locked data folder; dropping it, as any end of the process does, unlocks it.
pub struct DataDir {
    path: PathBuf,
    announced: bool,
    _lock: File,
}

impl DataDir {
    /// Creates the folder if need be and locks it for a node.
    pub async fn lock(path: &Path) -> anyhow::Result<Self> {
        let deadline = Instant::now() + COMMAND_PATIENCE;
        // a lock changes hands a moment before the name in it does, so a node is believed when it is seen twice
        let mut looked_before = false;
        loop {
            let (held_by, pid) = match Self::try_lock(path, LockOwner::Node)? {
                Ok(folder) => return Ok(folder),
                Err(holder) => holder,
            };
            if held_by == LockOwner::Node && looked_before || Instant::now() >= deadline {
                anyhow::bail!(in_use(path, held_by, pid));
            }
            looked_before = true;
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// As [`DataDir::lock`], but answers at once who has it, with the process if that is known.
    pub fn try_lock(path: &Path, holder: LockOwner) -> anyhow::Result<Result<Self, (LockOwner, Option<u32>)>> {
        let unusable = |error| anyhow::anyhow!(hints::cannot_use_data_dir(path, &error));
        fs::create_dir_all(path).map_err(unusable)?;
        let file = lock_file(path);
        let mut lock =
            OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&file).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Err(read_holder(&mut lock))),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", file.display()));
            }
        }
        // only for the message that others tell: a lock without a name is a lock too
        let _ = write_holder(&mut lock, holder);
        Ok(Ok(Self { path: path.to_owned(), announced: false, _lock: lock }))
    }

    /// Tells others how to join this node.
    pub fn announce(&mut self, node: &NodeFile) -> anyhow::Result<()> {
        node.write(&self.path).with_context(|| format!("cannot write {}", self.path.join(NODE_FILE).display()))?;
        self.announced = true;
        Ok(())
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        if self.announced {
            // a node that is gone cannot be joined; a crash leaves the file, and its addresses answer nobody
            let _ = fs::remove_file(self.path.join(NODE_FILE));
        }
    }
}

/// Why a node cannot have the folder, and what to do about it.
fn in_use(path: &Path, holder: LockOwner, pid: Option<u32>) -> String {
    let folder = path.display();
    let process = pid.map_or_else(String::new, |pid| format!(" (process {pid})"));
    match holder {
        LockOwner::Node => format!(
            "DATA_DIR {folder} is in use by another node{process}; \
             to run one beside it, set JOIN={folder} and DATA_DIR to another folder, else stop it"
        ),
        LockOwner::Command => format!(
            "DATA_DIR {folder} is in use by a command{process} that was not done within {} s; \
             wait for its end or stop it, then start again",
            COMMAND_PATIENCE.as_secs()
        ),
    }
}

/// Where actor state that is expensive to find again lies.
pub fn snapshots_dir(data_dir: &Path) -> PathBuf {
    data_dir.join("snapshots")
}

/// The file that is locked.
pub fn lock_file(data_dir: &Path) -> PathBuf {
    data_dir.join("lock")
}

fn write_holder(lock: &mut File, holder: LockOwner) -> std::io::Result<()> {
    let word = match holder {
        LockOwner::Node => "node",
        LockOwner::Command => "command",
    };
    lock.set_len(0)?;
    write!(lock, "{} {word}", std::process::id())
}

/// Who wrote its name into the lock; whoever did not is taken for a node.
fn read_holder(lock: &mut File) -> (LockOwner, Option<u32>) {
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
        let told = |holder| in_use(Path::new("there"), holder, Some(7));
        let (node, command) = (told(LockOwner::Node), told(LockOwner::Command));
        assert!(node.contains("by another node (process 7)") && node.contains("JOIN=there"), "{node}");
        assert!(command.contains("by a command (process 7)") && command.contains("wait for its end"), "{command}");
        assert!(!command.contains("JOIN"), "a command cannot be joined: {command}");
    }
}
