//! What happens at start: unfinished bodies are removed, the index is rebuilt, damaged files are set aside.
//!
//! Descriptions are checked here; bodies when they are first read, so that a start does not read every byte.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::Path;

use super::index::{Entry, Index};
use super::layout::{Layout, at};
use super::record::{self, Description, ReadError};

/// Cleans up and builds the index.
pub(super) fn recover(layout: &Layout) -> io::Result<Index> {
    remove_unfinished(layout)?;
    let index = Index::default();
    let mut found = 0_u64;
    for bucket in folders_in(&layout.buckets())? {
        let Ok(name) = bucket.file_name().into_string() else { continue };
        index.add_bucket(&name);
        for folder in folders_in(&bucket.path())? {
            for file in entries_of(&folder.path())? {
                if let Some(description) = examine(layout, &name, &file.path())? {
                    index.put(Entry::found(description));
                    found += 1;
                }
            }
        }
    }
    tracing::debug!(objects = found, "embedded object store opened");
    Ok(index)
}

fn remove_unfinished(layout: &Layout) -> io::Result<()> {
    for file in entries_of(&layout.temp())? {
        let path = file.path();
        fs::remove_file(&path).map_err(|error| at(&path, error))?;
        tracing::info!(file = %path.display(), "unfinished upload removed");
    }
    Ok(())
}

/// The description of one object's file, or nothing where it had to be set aside.
fn examine(layout: &Layout, bucket: &str, path: &Path) -> io::Result<Option<Description>> {
    let reason = match describe(path) {
        Ok(description) if description.bucket == bucket && layout.object(bucket, &description.key) == path => {
            return Ok(Some(description));
        }
        Ok(_) => "it lies where another object belongs",
        Err(ReadError::Damaged(reason)) => reason,
        Err(ReadError::Io(error)) => return Err(at(path, error)),
    };
    let kept = layout.set_aside(path)?;
    tracing::error!(file = %path.display(), reason, kept = %kept.display(), "damaged object set aside; it is absent from now on");
    Ok(None)
}

fn describe(path: &Path) -> Result<Description, ReadError> {
    record::read_description(&mut File::open(path)?)
}

fn folders_in(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let mut folders = entries_of(folder)?;
    folders.retain(|entry| entry.path().is_dir());
    Ok(folders)
}

fn entries_of(folder: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(folder).and_then(Iterator::collect).map_err(|error| at(folder, error))
}
