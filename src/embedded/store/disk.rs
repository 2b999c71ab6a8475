//! The one door to the store's files: every change passes here, and whoever watches the store is told of each.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
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
    /// The names in a folder are about to be made durable: those that were told until now.
    SyncFolder(&'a Path),
    /// They are.
    FolderSynced(&'a Path),
    /// An empty file was created.
    CreateFile(&'a Path),
    /// Bytes were put at the end of a file.
    Append(&'a Path, &'a [u8]),
    /// The bytes of a file are about to be made durable: those that were told until now.
    SyncFile(&'a Path),
    /// They are.
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

/// Told of each change once it is made, in the thread that made it.
pub type Observer = Arc<dyn Fn(FileOperation<'_>) + Send + Sync>;

/// Changes files and tells its observer, if there is one. Everything here blocks.
#[derive(Clone, Default)]
pub(super) struct Disk {
    observer: Option<Observer>,
}

impl Disk {
    /// Tells `observer` of everything.
    pub(super) fn observed(observer: Observer) -> Self {
        Self { observer: Some(observer) }
    }

    /// Creates a folder; false if it is there already.
    pub(super) fn create_folder(&self, folder: &Path) -> io::Result<bool> {
        match fs::create_dir(folder) {
            Ok(()) => self.tell(FileOperation::CreateFolder(folder)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => return Ok(false),
            Err(error) => return Err(at(folder, error)),
        }
        Ok(true)
    }

    /// Removes an empty folder.
    pub(super) fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        fs::remove_dir(folder).map_err(|error| at(folder, error))?;
        self.tell(FileOperation::RemoveFolder(folder));
        Ok(())
    }

    /// Makes renames, creations and removals inside `folder` survive a power cut.
    pub(super) fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.tell(FileOperation::SyncFolder(folder));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| at(folder, error))?;
        self.tell(FileOperation::FolderSynced(folder));
        Ok(())
    }

    /// Removes a file; false if there is none.
    pub(super) fn remove_file(&self, file: &Path) -> io::Result<bool> {
        match fs::remove_file(file) {
            Ok(()) => self.tell(FileOperation::RemoveFile(file)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(at(file, error)),
        }
        Ok(true)
    }

    /// Gives a file another name, in place of the file that had it.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to).map_err(|error| at(from, error))?;
        self.tell(FileOperation::Rename { from, to });
        Ok(())
    }

    /// Creates an empty file of a new name in `folder`.
    pub(super) fn draft_in(&self, folder: &Path) -> io::Result<Draft> {
        let path = folder.join(Uuid::new_v4().simple().to_string());
        let file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(|error| at(&path, error))?;
        self.tell(FileOperation::CreateFile(&path));
        Ok(Draft { file, kept: Temporary { path, disk: self.clone(), is_published: false } })
    }

    fn tell(&self, operation: FileOperation<'_>) {
        if let Some(observer) = &self.observer {
            observer(operation);
        }
    }
}

/// A file that is being written under a temporary name. Dropped before it is published, it is removed.
pub(super) struct Draft {
    file: File,
    kept: Temporary,
}

impl Draft {
    /// Puts bytes at the end.
    pub(super) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).map_err(|error| at(&self.kept.path, error))?;
        self.kept.disk.tell(FileOperation::Append(&self.kept.path, bytes));
        Ok(())
    }

    /// Makes the bytes survive a power cut.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.kept.disk.tell(FileOperation::SyncFile(&self.kept.path));
        self.file.sync_all().map_err(|error| at(&self.kept.path, error))?;
        self.kept.disk.tell(FileOperation::FileSynced(&self.kept.path));
        Ok(())
    }

    /// Gives the file its lasting name, which survives a power cut once `to`'s folder is synced.
    pub(super) fn publish(mut self, to: &Path) -> io::Result<()> {
        self.kept.disk.rename(&self.kept.path, to)?;
        self.kept.is_published = true;
        Ok(())
    }

    /// Closes the file and keeps it under its temporary name.
    pub(super) fn close(self) -> Temporary {
        self.kept
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
