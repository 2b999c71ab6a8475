//! Every change of a file or folder of the store goes through here, and an observer is notified of it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

/// One change of a file or folder, or a step of a sync, which makes earlier changes survive a power cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileOperation<'a> {
    /// A folder was created.
    CreateFolder(&'a Path),
    /// An empty folder was removed.
    RemoveFolder(&'a Path),
    /// The names in a folder are about to be made durable, as far as their operations came before.
    SyncFolder(&'a Path),
    /// The names in a folder are durable.
    FolderSynced(&'a Path),
    /// An empty file was created.
    CreateFile(&'a Path),
    /// Bytes were put at the end of a file.
    Append(&'a Path, &'a [u8]),
    /// The bytes of a file are about to be made durable, as far as their operations came before.
    SyncFile(&'a Path),
    /// The bytes of a file are durable.
    FileSynced(&'a Path),
    /// A file got another name, in place of the file that had it.
    Rename {
        /// Its name before.
        from: &'a Path,
        /// Its name now.
        to: &'a Path,
    },
    /// A file was removed.
    RemoveFile(&'a Path),
}

/// Is called after each change, on the thread that made it.
pub type Observer = Arc<dyn Fn(FileOperation<'_>) + Send + Sync>;

/// Changes files and notifies its observer, if there is one. Everything here blocks.
#[derive(Clone, Default)]
pub(super) struct Disk {
    observer: Option<Observer>,
}

impl Disk {
    /// Notifies `observer` of every change.
    pub(super) fn observed(observer: Observer) -> Self {
        Self { observer: Some(observer) }
    }

    /// Creates a folder that its owner alone may enter; false if it is there already.
    pub(super) fn create_folder(&self, folder: &Path) -> io::Result<bool> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => self.notify(FileOperation::CreateFolder(folder)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => return Ok(false),
            Err(error) => return Err(at(folder, error)),
        }
        Ok(true)
    }

    /// Removes an empty folder.
    pub(super) fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir(folder).map_err(|error| at(folder, error))?;
        self.notify(FileOperation::RemoveFolder(folder));
        Ok(())
    }

    /// Makes renames, creations and removals inside `folder` survive a power cut.
    pub(super) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.notify(FileOperation::SyncFolder(folder));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| at(folder, error))?;
        self.notify(FileOperation::FolderSynced(folder));
        Ok(())
    }

    /// Removes a file; false if there is none.
    pub(super) fn remove_file(&self, file: &Path) -> io::Result<bool> {
        match fs::remove_file(file) {
            Ok(()) => self.notify(FileOperation::RemoveFile(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(at(file, error)),
        }
        Ok(true)
    }

    /// Renames a file, replacing one of the new name.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to).map_err(|error| at(from, error))?;
        self.notify(FileOperation::Rename { from, to });
        Ok(())
    }

    /// Creates an empty file of a new name in `folder`, which its owner alone may read.
    pub(super) fn draft_in(&self, folder: &Path) -> io::Result<Draft> {
        let path = folder.join(Uuid::new_v4().simple().to_string());
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|error| at(&path, error))?;
        self.notify(FileOperation::CreateFile(&path));
        Ok(Draft { file, temporary: Temporary { path, disk: self.clone(), is_published: false } })
    }

    fn notify(&self, operation: FileOperation<'_>) {
        if let Some(observer) = &self.observer {
            observer(operation);
        }
    }
}

/// A file that is being written under a temporary name. Dropped before it is published, it is removed.
pub(super) struct Draft {
    file: File,
    temporary: Temporary,
}

impl Draft {
    /// Appends bytes.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).map_err(|error| at(&self.temporary.path, error))?;
        self.temporary.disk.notify(FileOperation::Append(&self.temporary.path, bytes));
        Ok(())
    }

    /// Makes the bytes survive a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.temporary.disk.notify(FileOperation::SyncFile(&self.temporary.path));
        self.file.sync_all().map_err(|error| at(&self.temporary.path, error))?;
        self.temporary.disk.notify(FileOperation::FileSynced(&self.temporary.path));
        Ok(())
    }

    /// Renames the file to its final name, which survives a power cut once the folder of `to` is synced.
    pub(super) fn publish(mut self, to: &Path) -> io::Result<()> {
        self.temporary.disk.rename(&self.temporary.path, to)?;
        self.temporary.is_published = true;
        Ok(())
    }

    /// Closes the file and keeps it under its temporary name.
    pub(super) fn close(self) -> Temporary {
        self.temporary
    }
}

/// A closed file under a temporary name, removed when this is dropped.
pub(super) struct Temporary {
    path: PathBuf,
    disk: Disk,
    is_published: bool,
}

impl Temporary {
    /// Opens the file for reading.
    pub(super) fn open(&self) -> io::Result<File> {
        File::open(&self.path).map_err(|error| at(&self.path, error))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if self.is_published {
            return;
        }
        if let Err(error) = self.disk.remove_file(&self.path) {
            tracing::warn!(%error, "cannot remove a temporary file; the next start does");
        }
    }
}

/// The same error, naming the path.
pub(super) fn at(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
