//! `node.json`: how processes of the same machine and user reach the broker and the store of a running node.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::NODE_FILE;
use crate::storage::ObjectStoreConfig;

/// The longest chain of joined nodes, from a node to the node whose store it uses.
const JOINS_MAX: usize = 8;
/// Pause between two reads while a node is waited for.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// The content of `node.json`. It holds secrets, so only its owner may read the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeFile {
    /// The URL of the API.
    pub http: String,
    /// The process id.
    pub pid: u32,
    /// The addresses of the broker: `host:port,...`.
    pub kafka_bootstrap_servers: String,
    /// Whether that broker is the embedded one of this node.
    pub broker_in_memory: bool,
    /// The embedded object store, if this node runs one.
    pub store: Option<StoreAccess>,
    /// The node that this one has joined, whose broker and store are used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<PathBuf>,
}

/// Address and credentials of the embedded store.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreAccess {
    /// The URL of the store.
    pub endpoint_url: String,
    /// The access key, new at each start.
    pub access_key: String,
    /// The secret key, new at each start.
    pub secret_key: String,
}

/// Why a node cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NodeFileError {
    /// The file does not exist.
    #[error("no node runs there: {0} does not exist; start a node with that DATA_DIR")]
    Absent(String),
    /// The file belongs to another user.
    #[error(
        "{path} {cause}; run as that user, or set KAFKA_BOOTSTRAP_SERVERS, S3_ENDPOINT_URL and AWS_* to what it says"
    )]
    Forbidden {
        /// The file.
        path: String,
        /// The owner of the file, or the access that was refused.
        cause: String,
    },
    /// The file is not complete or not valid, perhaps because it is being written.
    #[error("{path} cannot be read: {cause}")]
    Unreadable {
        /// The file.
        path: String,
        /// The error.
        cause: String,
    },
    /// The node has no embedded store.
    #[error(
        "the node of {0} uses an object store that was configured for it; \
         set KAFKA_BOOTSTRAP_SERVERS and S3_ENDPOINT_URL here as there, and not JOIN"
    )]
    NoStore(String),
    /// The nodes have joined each other in a circle.
    #[error("{0} leads to no node that has a store, only to others that joined it; start the first node without JOIN")]
    Circle(String),
}

impl NodeFileError {
    /// Whether the error may go away by waiting.
    pub fn is_temporary(&self) -> bool {
        matches!(self, NodeFileError::Absent(_) | NodeFileError::Unreadable { .. })
    }
}

impl NodeFile {
    /// Reads the file of a folder (or the file itself), and follows joins to the node that has the store.
    ///
    /// # Errors
    /// The node cannot be joined.
    pub fn read(place: &Path) -> Result<Self, NodeFileError> {
        Self::read_of(place, None)
    }

    /// Reads the file of a folder (or the file itself), and follows no join.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    pub fn read_here(place: &Path) -> Result<Self, NodeFileError> {
        read_one(&path_in(place))
    }

    /// As [`NodeFile::read`], but the file must be of this process: after a crash the file of an old process stays.
    ///
    /// # Errors
    /// The node cannot be joined.
    pub fn read_of(place: &Path, mut process: Option<u32>) -> Result<Self, NodeFileError> {
        let mut path = path_in(place);
        for _ in 0..JOINS_MAX {
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

    /// As [`NodeFile::read`], but waits while the error is temporary. `on_wait` is called with each new reason.
    ///
    /// # Errors
    /// The node cannot be joined.
    pub async fn wait_for(place: &Path, mut on_wait: impl FnMut(&NodeFileError)) -> Result<Self, NodeFileError> {
        let mut last_reason = None;
        loop {
            match NodeFile::read(place) {
                Err(error) if error.is_temporary() => {
                    if last_reason.as_ref() != Some(&error) {
                        on_wait(&error);
                        last_reason = Some(error);
                    }
                }
                answer => return answer,
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    /// The configuration of a client of its store.
    ///
    /// # Errors
    /// The node has no embedded store.
    pub fn object_store(&self, region: &str, place: &Path) -> Result<ObjectStoreConfig, NodeFileError> {
        let store = self.store.as_ref().ok_or_else(|| NodeFileError::NoStore(place.display().to_string()))?;
        Ok(store.client(region))
    }

    /// Writes the file into `folder` atomically. A failed write leaves no draft.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, folder: &Path) -> std::io::Result<()> {
        let draft = folder.join(format!("{NODE_FILE}.tmp"));
        // a draft left by a crash could have wrong permissions
        let _ = fs::remove_file(&draft);
        let write = || {
            let mut file = fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft)?;
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            fs::rename(&draft, folder.join(NODE_FILE))
        };
        write().inspect_err(|_| {
            // the draft may not exist
            let _ = fs::remove_file(&draft);
        })
    }
}

impl StoreAccess {
    /// The configuration of a client of this store.
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
    let read_error = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => NodeFileError::Absent(shown.clone()),
        ErrorKind::PermissionDenied => {
            NodeFileError::Forbidden { path: shown.clone(), cause: "belongs to another user".into() }
        }
        _ => NodeFileError::Unreadable { path: shown.clone(), cause: error.to_string() },
    };
    let owner = fs::metadata(path).map_err(read_error)?.uid();
    let bytes = fs::read(path).map_err(read_error)?;
    if let Some(cause) = foreign_owner(owner, own_uid()) {
        return Err(NodeFileError::Forbidden { path: shown, cause });
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| NodeFileError::Unreadable { path: shown, cause: format!("it is not complete ({error})") })
}

/// Why the file of another user is refused: it could lead this node's data to a foreign store. Root may read every file.
fn foreign_owner(owner: u32, own: Option<u32>) -> Option<String> {
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
        assert!(matches!(error, NodeFileError::Circle(_)) && !error.is_temporary(), "{error}");
    }

    #[test]
    fn a_file_that_is_absent_or_half_written_is_worth_waiting_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let absent = NodeFile::read(folder.path()).expect_err("nothing is there");
        assert!(matches!(absent, NodeFileError::Absent(_)) && absent.is_temporary(), "{absent}");
        fs::write(folder.path().join(NODE_FILE), "{\"http\": \"ht").expect("written");
        let half = NodeFile::read(folder.path()).expect_err("half a file says nothing");
        assert!(matches!(half, NodeFileError::Unreadable { .. }) && half.is_temporary(), "{half}");
    }

    #[test]
    fn a_file_of_another_user_is_not_followed() {
        assert_eq!(foreign_owner(1000, Some(1000)), None);
        assert_eq!(foreign_owner(1000, Some(0)), None, "root may look everywhere");
        let error = foreign_owner(1001, Some(1000)).expect("it is foreign");
        assert!(error.contains("1001"), "{error}");
    }
}
