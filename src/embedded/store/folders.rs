//! The folders of objects: each is created when its first object needs it, and made durable before it is used.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::{Mutex, MutexGuard};

use super::disk::Disk;
use super::layout::folder_of;

/// The folders whose own names are durable.
///
/// A folder may exist without being durable: another writer may have created it and not synced it yet.
#[derive(Default)]
pub(super) struct Folders(Mutex<HashSet<PathBuf>>);

impl Folders {
    /// Creates the folder unless it exists, and makes its name durable unless it is known to be.
    pub(super) fn ensure(&self, folder: &Path, disk: &Disk) -> io::Result<()> {
        let mut durable = self.lock();
        if durable.contains(folder) {
            return Ok(());
        }
        disk.create_folder(folder)?;
        fail::fail_point!("store-object-folder-created");
        disk.sync_folder(folder_of(folder))?;
        durable.insert(folder.to_owned());
        Ok(())
    }

    /// Forgets the folders below `folder`, before it is removed.
    pub(super) fn forget_below(&self, folder: &Path) {
        self.lock().retain(|known| !known.starts_with(folder));
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<PathBuf>> {
        self.0.lock()
    }
}
