//! Rebuilds the index at start; removes unfinished files and moves damaged ones to the quarantine.
//!
//! Descriptions are checked here; bodies when they are first read, so that a start does not read every byte.

use std::fs::{self, DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use super::disk::{Disk, at};
use super::index::{Entry, Index};
use super::layout::{Layout, ms_since_1970, now_ms};
use super::record;
use super::record::{ObjectDescription, ReadError};

/// Syncs that wait at the same time take a disk little longer than one.
const SYNC_THREADS: usize = 16;

/// Cleans up and builds the index. All objects in it are durable: files that a killed process had renamed and not synced are synced.
pub(super) fn recover(layout: &Layout, disk: &Disk) -> io::Result<Index> {
    remove_unfinished(layout, disk)?;
    let index = Index::default();
    let (mut found, mut folders) = (0_u64, vec![layout.buckets()]);
    for bucket in folders_in(&layout.buckets())? {
        let Ok(name) = bucket.file_name().into_string() else { continue };
        index.add_bucket(&name, created_ms(&bucket));
        for folder in folders_in(&bucket.path())? {
            for file in entries_of(&folder.path())? {
                if let Some(description) = examine(layout, disk, &name, &file.path())? {
                    index.put(Entry::unverified(description));
                    found += 1;
                }
            }
            folders.push(folder.path());
        }
        folders.push(bucket.path());
    }
    sync_all(&folders, disk)?;
    tracing::debug!(objects = found, "embedded object store opened");
    Ok(index)
}

fn remove_unfinished(layout: &Layout, disk: &Disk) -> io::Result<()> {
    let unfinished = entries_of(&layout.temp())?;
    for file in &unfinished {
        disk.remove_file(&file.path())?;
    }
    if !unfinished.is_empty() {
        tracing::info!(
            files = unfinished.len(),
            "unfinished uploads and parts of uploads removed; their clients start again"
        );
    }
    Ok(())
}

/// The description of an object's file; `None` if the file is damaged and was moved to the quarantine.
fn examine(layout: &Layout, disk: &Disk, bucket: &str, path: &Path) -> io::Result<Option<ObjectDescription>> {
    let reason = match describe(path) {
        Ok(description) if description.bucket == bucket && layout.object(bucket, &description.key) == path => {
            return Ok(Some(description));
        }
        Ok(_) => "it lies where another object belongs",
        Err(ReadError::Damaged(reason)) => reason,
        Err(ReadError::Io(error)) => return Err(at(path, error)),
    };
    let kept = layout.quarantine_file(path, disk)?;
    tracing::error!(file = %path.display(), reason, kept = %kept.display(), "damaged object set aside; it is absent from now on");
    Ok(None)
}

fn describe(path: &Path) -> Result<ObjectDescription, ReadError> {
    record::read_description(&mut File::open(path)?)
}

/// Syncs folders, several at a time: no clock says which of them were written back long ago.
fn sync_all(folders: &[PathBuf], disk: &Disk) -> io::Result<()> {
    let share = folders.len().div_ceil(SYNC_THREADS).max(1);
    thread::scope(|threads| {
        let sync = |folders: &[PathBuf]| folders.iter().try_for_each(|folder| disk.sync_folder(folder));
        let syncs: Vec<_> = folders.chunks(share).map(|folders| threads.spawn(move || sync(folders))).collect();
        let ends =
            syncs.into_iter().map(|sync| sync.join().unwrap_or_else(|_| Err(io::Error::other("a sync panicked"))));
        ends.collect()
    })
}

/// When the folder of a bucket was created, or last changed if the file system does not keep that.
fn created_ms(folder: &DirEntry) -> i64 {
    let at = folder.metadata().and_then(|metadata| metadata.created().or_else(|_| metadata.modified()));
    at.map_or_else(|_| now_ms(), ms_since_1970)
}

fn folders_in(folder: &Path) -> io::Result<Vec<DirEntry>> {
    let mut folders = entries_of(folder)?;
    folders.retain(|entry| entry.path().is_dir());
    Ok(folders)
}

fn entries_of(folder: &Path) -> io::Result<Vec<DirEntry>> {
    fs::read_dir(folder).and_then(Iterator::collect).map_err(|error| at(folder, error))
}
