//! The snapshots of a node: one file for each kind of state, replaced atomically. A damaged file is renamed and ignored.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::runtime::Io;

use super::snapshot::{Damage, MAX_FILE_BYTES, Snapshot, decode, encode};

/// How many damaged files of a kind are kept for inspection.
const DAMAGED_FILES_MAX: u32 = 3;

/// Saves and loads state; cheap to clone. No other process may write into its folder.
#[derive(Clone)]
pub struct Snapshots {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    /// Runs the writes of [`Snapshots::keep`].
    io: Io,
    /// By kind: the newest state.
    newest: Mutex<BTreeMap<&'static str, NewestState>>,
    /// One file is written at a time, so that the newest state is written last.
    writing: Mutex<()>,
    /// Whether the last write failed; only the first of several failures is logged.
    failing: AtomicBool,
}

struct NewestState {
    bytes: Arc<[u8]>,
    written: bool,
}

/// Why state was not saved; the state that was saved before is still stored.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The state is too large, or bincode cannot encode it.
    #[error("the state `{kind}` cannot be a snapshot: {cause}")]
    State {
        /// The kind of the state.
        kind: &'static str,
        /// Why it cannot be encoded.
        cause: String,
    },
    /// The file could not be written.
    #[error("the snapshot {path} was not written: {source}; check the space and the permissions there")]
    File {
        /// The path of the file.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// Why a file could not be loaded.
enum LoadFailure {
    Absent,
    Io(io::Error),
    Damaged(Damage),
}

impl Snapshots {
    /// The snapshots in a folder, which is created by the first of them; [`Snapshots::keep`] writes on `io`.
    pub fn new(folder: PathBuf, io: Io) -> Self {
        let shared =
            Shared { folder, io, newest: Mutex::default(), writing: Mutex::default(), failing: AtomicBool::new(false) };
        Self { shared: Arc::new(shared) }
    }

    /// Writes the state to disk, and waits for that. Blocks.
    pub fn save<T: Snapshot>(&self, state: &T) -> Result<(), SnapshotError> {
        let bytes = self.encoded(state)?;
        self.shared.put(T::KIND, bytes);
        self.shared.write(T::KIND)
    }

    /// Writes the state to disk in the background, unless it is stored already; a failure is logged.
    pub fn keep<T: Snapshot>(&self, state: &T) {
        let bytes = match self.encoded(state) {
            Ok(bytes) => bytes,
            Err(error) => return self.shared.log_failure(Err(error)),
        };
        if self.shared.put(T::KIND, bytes) {
            let shared = self.shared.clone();
            self.shared.io.spawn_blocking(move || shared.log_failure(shared.write(T::KIND)));
        }
    }

    /// Writes the state to disk, and waits for that; a failure is logged. For an actor that ends. Blocks.
    pub fn keep_now<T: Snapshot>(&self, state: &T) {
        self.shared.log_failure(self.save(state));
    }

    /// The state that was saved or kept last, by this process or the one before; none if there is none. Blocks for the time of reading a
    /// small file.
    ///
    /// A damaged file is renamed, and that is logged.
    pub fn load<T: Snapshot>(&self) -> Option<T> {
        // the state of this process is newer than the file where the disk is full
        if let Some(bytes) = self.shared.newest().get(T::KIND).map(|state| state.bytes.clone()) {
            return decode(&bytes).ok();
        }
        let file = self.shared.file(T::KIND);
        match read(&file) {
            Ok(state) => Some(state),
            Err(LoadFailure::Absent) => None,
            Err(LoadFailure::Io(error)) => {
                tracing::warn!(event = "snapshot_read_fail", service = "node", file = %file.display(), error = %error);
                None
            }
            Err(LoadFailure::Damaged(reason)) => {
                set_aside(&file, &reason);
                None
            }
        }
    }

    fn encoded<T: Snapshot>(&self, state: &T) -> Result<Vec<u8>, SnapshotError> {
        encode(state).map_err(|cause| SnapshotError::State { kind: T::KIND, cause })
    }
}

impl Shared {
    fn newest(&self) -> MutexGuard<'_, BTreeMap<&'static str, NewestState>> {
        self.newest.lock()
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{kind}.snapshot"))
    }

    /// Remembers the newest state; false if its file holds it already.
    fn put(&self, kind: &'static str, bytes: Vec<u8>) -> bool {
        let mut newest = self.newest();
        if newest.get(kind).is_some_and(|state| state.written && *state.bytes == *bytes) {
            return false;
        }
        newest.insert(kind, NewestState { bytes: bytes.into(), written: false });
        true
    }

    /// Writes the newest state of a kind, unless it is written already.
    fn write(&self, kind: &'static str) -> Result<(), SnapshotError> {
        let _one_at_a_time = self.writing.lock();
        let newest = self.newest().get(kind).filter(|state| !state.written).map(|state| state.bytes.clone());
        let Some(bytes) = newest else { return Ok(()) };
        let path = self.file(kind);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .and_then(|()| replace(&path, &bytes))
            .map_err(|source| SnapshotError::File { path, source })?;
        if let Some(state) = self.newest().get_mut(kind).filter(|state| Arc::ptr_eq(&state.bytes, &bytes)) {
            state.written = true;
        }
        Ok(())
    }

    /// Logs the first of several failures.
    fn log_failure(&self, written: Result<(), SnapshotError>) {
        let failed_before = self.failing.swap(written.is_err(), Ordering::Relaxed);
        if let Err(error) = written
            && !failed_before
        {
            tracing::warn!(event = "snapshot_save_fail", service = "node", error = %error);
        }
    }
}

/// Replaces the bytes of a file; after a crash the file holds the old bytes or the new ones.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fail::fail_point!("snapshot-written");
    // after a power cut the old state may be back, as if this one had not been saved
    fs::rename(&draft, path)
}

fn read<T: Snapshot>(file: &Path) -> Result<T, LoadFailure> {
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    match opened {
        Ok(_) => decode(&bytes).map_err(LoadFailure::Damaged),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(LoadFailure::Absent),
        Err(error) => Err(LoadFailure::Io(error)),
    }
}

/// Renames a damaged file; the newest has the lowest number.
fn set_aside(file: &Path, reason: &Damage) {
    let aside = |number: u32| file.with_extension(format!("damaged-{number}"));
    for number in (1..DAMAGED_FILES_MAX).rev() {
        // mostly there is no file of this number
        let _ = fs::rename(aside(number), aside(number + 1));
    }
    let moved = fs::rename(file, aside(1));
    tracing::warn!(
        event = "snapshot_set_aside",
        service = "node",
        file = %file.display(),
        reason = %reason,
        moved_to = moved.is_ok().then(|| aside(1).display().to_string()),
        "what it held is found again from its source"
    );
}
