//! The snapshots of a node: a file for each kind of state, written whole or not at all. One that is damaged is set aside, and
//! never stops anybody.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::runtime::Io;

use super::snapshot::{Damage, MAX_FILE_BYTES, Snapshot, decode, encode};

/// Damaged files of a kind that are kept for whoever wants to look at them.
const KEPT_ASIDE: u32 = 3;

/// Saves and finds state again; cheap to clone. Nobody else may write into its folder.
#[derive(Clone)]
pub struct Snapshots {
    shared: Arc<Shared>,
}

struct Shared {
    folder: PathBuf,
    /// What [`Snapshots::keep`] writes on.
    io: Io,
    /// By kind: what its file is to hold.
    kept: Mutex<BTreeMap<&'static str, Kept>>,
    /// One file is written at a time, so that the newest state is the last.
    writing: Mutex<()>,
    /// Whether the last file could not be written: that is told once.
    failing: AtomicBool,
}

struct Kept {
    bytes: Arc<[u8]>,
    written: bool,
}

/// Why state was not saved; what was saved before is still there.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// It is too large, or cannot be written down.
    #[error("the state `{kind}` cannot be a snapshot: {cause}")]
    State {
        /// Which state.
        kind: &'static str,
        /// What is wrong with it.
        cause: String,
    },
    /// The file system refuses.
    #[error("the snapshot {path} was not written: {source}; check the space and the permissions there")]
    File {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

/// Why a file gave no state.
enum Unread {
    Absent,
    Io(io::Error),
    Damaged(Damage),
}

impl Snapshots {
    /// The snapshots in a folder, which the first of them creates; those that nobody waits for are written on `io`.
    pub fn new(folder: PathBuf, io: Io) -> Self {
        let shared =
            Shared { folder, io, kept: Mutex::default(), writing: Mutex::default(), failing: AtomicBool::new(false) };
        Self { shared: Arc::new(shared) }
    }

    /// Writes the state to disk. Blocks.
    pub fn save<T: Snapshot>(&self, state: &T) -> Result<(), SnapshotError> {
        let bytes = self.encoded(state)?;
        self.shared.put(T::KIND, bytes);
        self.shared.write(T::KIND)
    }

    /// Has the state written soon, if it is not the one that was kept last; a failure is a log line.
    pub fn keep<T: Snapshot>(&self, state: &T) {
        let bytes = match self.encoded(state) {
            Ok(bytes) => bytes,
            Err(error) => return self.shared.tell(Err(error)),
        };
        if self.shared.put(T::KIND, bytes) {
            let shared = self.shared.clone();
            self.shared.io.spawn_blocking(move || shared.tell(shared.write(T::KIND)));
        }
    }

    /// Writes the state to disk before whoever kept it is gone; a failure is a log line. Blocks.
    pub fn keep_now<T: Snapshot>(&self, state: &T) {
        self.shared.tell(self.save(state));
    }

    /// The state that was saved or kept last, by this process or the one before. Blocks for as long as a small file takes to read.
    ///
    /// None if there is none; a damaged one is set aside with a log line.
    pub fn load<T: Snapshot>(&self) -> Option<T> {
        // what this process has said last holds also where the disk is full
        if let Some(bytes) = self.shared.kept().get(T::KIND).map(|kept| kept.bytes.clone()) {
            return decode(&bytes).ok();
        }
        let file = self.shared.file(T::KIND);
        match read(&file) {
            Ok(state) => Some(state),
            Err(Unread::Absent) => None,
            Err(Unread::Io(error)) => {
                tracing::warn!(event = "snapshot_read_fail", service = "node", file = %file.display(), error = %error);
                None
            }
            Err(Unread::Damaged(reason)) => {
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
    fn kept(&self) -> MutexGuard<'_, BTreeMap<&'static str, Kept>> {
        self.kept.lock()
    }

    fn file(&self, kind: &str) -> PathBuf {
        self.folder.join(format!("{kind}.snapshot"))
    }

    /// Remembers what a file is to hold; false if it holds that already.
    fn put(&self, kind: &'static str, bytes: Vec<u8>) -> bool {
        let mut all = self.kept();
        if all.get(kind).is_some_and(|kept| kept.written && *kept.bytes == *bytes) {
            return false;
        }
        all.insert(kind, Kept { bytes: bytes.into(), written: false });
        true
    }

    /// Writes the newest state of a kind, unless somebody did already.
    fn write(&self, kind: &'static str) -> Result<(), SnapshotError> {
        let _one_at_a_time = self.writing.lock();
        let newest = self.kept().get(kind).filter(|kept| !kept.written).map(|kept| kept.bytes.clone());
        let Some(bytes) = newest else { return Ok(()) };
        let path = self.file(kind);
        fs::create_dir_all(&self.folder)
            .and_then(|()| replace(&path, &bytes))
            .map_err(|source| SnapshotError::File { path, source })?;
        if let Some(kept) = self.kept().get_mut(kind).filter(|kept| Arc::ptr_eq(&kept.bytes, &bytes)) {
            kept.written = true;
        }
        Ok(())
    }

    /// Tells of a failure when it begins.
    fn tell(&self, written: Result<(), SnapshotError>) {
        let failed_before = self.failing.swap(written.is_err(), Ordering::Relaxed);
        if let Err(error) = written
            && !failed_before
        {
            tracing::warn!(event = "snapshot_save_fail", service = "node", error = %error);
        }
    }
}

/// Puts bytes in place of a file: a crash leaves the old ones or the new ones.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    let mut file = File::create(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fail::fail_point!("snapshot-written");
    // a power cut may bring the old name back, and the old state with it: that is no worse than not having saved
    fs::rename(&draft, path)
}

fn read<T: Snapshot>(file: &Path) -> Result<T, Unread> {
    let mut bytes = Vec::new();
    let opened = File::open(file).and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes));
    match opened {
        Ok(_) => decode(&bytes).map_err(Unread::Damaged),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(Unread::Absent),
        Err(error) => Err(Unread::Io(error)),
    }
}

/// Gives a damaged file another name; the newest has the lowest number.
fn set_aside(file: &Path, reason: &Damage) {
    let aside = |number: u32| file.with_extension(format!("damaged-{number}"));
    for number in (1..KEPT_ASIDE).rev() {
        // most of the time there is none of this number
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
