//! `node.json`: how a running node tells others of the same machine and user where its broker and its store are.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::NODE_FILE;
use crate::storage::ObjectStoreConfig;

/// How many nodes may stand between one that joins and the one whose store it uses.
const LONGEST_CHAIN: usize = 8;
/// How often a node that is waited for is looked for.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// How to reach a running node and what it runs; holds secrets, so only its owner may read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFile {
    /// The API.
    pub http: String,
    /// The process.
    pub pid: u32,
    /// The broker.
    pub kafka_bootstrap_servers: String,
    /// Whether that broker is the embedded one of this node.
    pub broker_in_memory: bool,
    /// The embedded object store, if this node runs one.
    pub store: Option<StoreAccess>,
    /// The node that this one has joined: its broker and its store are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<PathBuf>,
}

/// Address and credentials of the embedded store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreAccess {
    /// Its URL.
    pub endpoint_url: String,
    /// Drawn anew at each start.
    pub access_key: String,
    /// Drawn anew at each start.
    pub secret_key: String,
}

/// Why a node cannot be joined, now or at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeFileError {
    /// Nobody says anything.
    #[error("no node runs there: {0} does not exist; start a node with that DATA_DIR")]
    Absent(String),
    /// It is another user's.
    #[error(
        "{path} {cause}; run as that user, or set KAFKA_BOOTSTRAP_SERVERS, S3_ENDPOINT_URL and AWS_* to what it says"
    )]
    Forbidden {
        /// The file.
        path: String,
        /// Whose it is, or what was refused.
        cause: String,
    },
    /// What it says makes no sense, perhaps not yet.
    #[error("{path} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The node has no store of its own to share.
    #[error(
        "the node of {0} uses an object store that was configured for it; \
         set KAFKA_BOOTSTRAP_SERVERS and S3_ENDPOINT_URL here as there, and not JOIN"
    )]
    NoStore(String),
    /// Nodes have joined one another in a circle.
    #[error("{0} leads to no node that has a store, only to others that joined it; start the first node without JOIN")]
    Circle(String),
}

impl NodeFileError {
    /// Whether waiting may help.
    pub fn may_pass(&self) -> bool {
        matches!(self, NodeFileError::Absent(_) | NodeFileError::Unreadable { .. })
    }
}

impl NodeFile {
    /// What the node of this folder (or `node.json`) says, or the one it has joined itself.
    pub fn read(place: &Path) -> Result<Self, NodeFileError> {
        Self::read_of(place, None)
    }

    /// As [`NodeFile::read`], but takes the file only from this process: a crash leaves one of a process that is gone.
    pub fn read_of(place: &Path, mut process: Option<u32>) -> Result<Self, NodeFileError> {
        let mut path = path_in(place);
        for _ in 0..LONGEST_CHAIN {
            let file = read_one(&path)?;
            if process.take().is_some_and(|process| process != file.pid) {
                let cause = format!("it is of process {}, which is gone", file.pid);
                return Err(NodeFileError::Unreadable { path: path.display().to_string(), cause });
            }
            match &file.joined {
                None => return Ok(file),
                Some(next) => path = path_in(next),
            }
        }
        Err(NodeFileError::Circle(place.display().to_string()))
    }

    /// As [`NodeFile::read`], but waits as long as that may help; `tell` hears each new reason.
    pub async fn wait_for(place: &Path, mut tell: impl FnMut(&NodeFileError)) -> Result<Self, NodeFileError> {
        let mut told = None;
        loop {
            match NodeFile::read(place) {
                Err(error) if error.may_pass() => {
                    if told.as_ref() != Some(&error) {
                        tell(&error);
                        told = Some(error);
                    }
                }
                answer => return answer,
            }
            tokio::time::sleep(LOOK_INTERVAL).await;
        }
    }

    /// The client of its store.
    pub fn object_store(&self, region: &str, place: &Path) -> Result<ObjectStoreConfig, NodeFileError> {
        let store = self.store.as_ref().ok_or_else(|| NodeFileError::NoStore(place.display().to_string()))?;
        Ok(store.client(region))
    }

    /// Writes the file into `folder` in one piece; what fails leaves nothing behind.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let draft = folder.join(format!("{NODE_FILE}.tmp"));
        // one that a crash left behind could be open to others
        let _ = fs::remove_file(&draft);
        let write = || {
            let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            fs::rename(&draft, folder.join(NODE_FILE))
        };
        write().inspect_err(|_| {
            // it may never have come into being
            let _ = fs::remove_file(&draft);
        })
    }
}

impl StoreAccess {
    /// The client of this store.
    pub fn client(&self, region: &str) -> ObjectStoreConfig {
        ObjectStoreConfig::at(&self.endpoint_url, &self.access_key, &self.secret_key).in_region(region)
    }
}

impl fmt::Debug for StoreAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreAccess").field("endpoint_url", &self.endpoint_url).finish_non_exhaustive()
    }
}

/// The file of a folder, or the file itself.
fn path_in(place: &Path) -> PathBuf {
    match place.file_name() {
        Some(name) if name == NODE_FILE => place.to_owned(),
        _ => place.join(NODE_FILE),
    }
}

fn read_one(path: &Path) -> Result<NodeFile, NodeFileError> {
    let shown = path.display().to_string();
    let told = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => NodeFileError::Absent(shown.clone()),
        ErrorKind::PermissionDenied => {
            NodeFileError::Forbidden { path: shown.clone(), cause: "belongs to another user".into() }
        }
        _ => NodeFileError::Unreadable { path: shown.clone(), cause: error.to_string() },
    };
    let owner = fs::metadata(path).map_err(told)?.uid();
    let bytes = fs::read(path).map_err(told)?;
    if let Some(cause) = foreign(owner, own_uid()) {
        return Err(NodeFileError::Forbidden { path: shown, cause });
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| NodeFileError::Unreadable { path: shown, cause: format!("it is not complete ({error})") })
}

/// Somebody else's file could lead us, and our data, to somebody else's store; only root reads for all.
fn foreign(owner: u32, own: Option<u32>) -> Option<String> {
    let own = own.filter(|own| *own != 0)?;
    (owner != own).then(|| format!("belongs to user {owner}, and this is user {own}"))
}

fn own_uid() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|process| process.uid())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(joined: Option<&Path>) -> NodeFile {
        NodeFile {
            http: "http://127.0.0.1:8000".into(),
            pid: 1,
            kafka_bootstrap_servers: "127.0.0.1:9092".into(),
            broker_in_memory: true,
            store: Some(StoreAccess {
                endpoint_url: "http://127.0.0.1:1".into(),
                access_key: "a".into(),
                secret_key: "s3cret".into(),
            }),
            joined: joined.map(Path::to_owned),
        }
    }

    #[test]
    fn what_is_written_is_read_from_the_folder_or_the_file_and_only_by_its_owner() {
        let folder = tempfile::tempdir().expect("a folder");
        file(None).write(folder.path()).expect("written");
        let path = folder.path().join(NODE_FILE);
        assert_eq!(NodeFile::read(folder.path()), Ok(file(None)));
        assert_eq!(NodeFile::read(&path), Ok(file(None)));
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
        assert!(!format!("{:?}", file(None)).contains("s3cret"));
    }

    #[test]
    fn a_node_that_joined_another_leads_to_it_and_a_circle_is_told() {
        let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
        let [first, second] = [folders[0].path(), folders[1].path()];
        file(None).write(first).expect("written");
        file(Some(first)).write(second).expect("written");
        assert_eq!(NodeFile::read(second), Ok(file(None)));
        file(Some(second)).write(first).expect("written");
        let error = NodeFile::read(second).expect_err("a circle leads nowhere");
        assert!(matches!(error, NodeFileError::Circle(_)) && !error.may_pass(), "{error}");
    }

    #[test]
    fn a_file_that_is_absent_or_half_written_is_worth_waiting_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let absent = NodeFile::read(folder.path()).expect_err("nothing is there");
        assert!(matches!(absent, NodeFileError::Absent(_)) && absent.may_pass(), "{absent}");
        fs::write(folder.path().join(NODE_FILE), "{\"http\": \"ht").expect("written");
        let half = NodeFile::read(folder.path()).expect_err("half a file says nothing");
        assert!(matches!(half, NodeFileError::Unreadable { .. }) && half.may_pass(), "{half}");
    }

    #[test]
    fn a_file_of_another_user_is_not_followed() {
        assert_eq!(foreign(1000, Some(1000)), None);
        assert_eq!(foreign(1000, Some(0)), None, "root may look everywhere");
        let error = foreign(1001, Some(1000)).expect("it is foreign");
        assert!(error.contains("1001"), "{error}");
    }
}
