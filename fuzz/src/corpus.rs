//! The inputs to start from: fixtures of the tests, and what broke a target once.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Larger files are left out: their mutations are slow, and tell no more.
const SEED_MAX_BYTES: u64 = 256 << 10;

/// Files below a folder of the checkout whose name ends like this.
pub struct Seeds {
    /// The folder, from the root of the checkout; it may be missing.
    pub folder: &'static str,
    /// The end of the names; empty for all files.
    pub ending: &'static str,
}

/// All of these files, in an order that is the same everywhere.
pub fn load(root: &Path, seeds: &[Seeds]) -> Result<Vec<Vec<u8>>> {
    let mut files = Vec::new();
    for Seeds { folder, ending } in seeds {
        collect(&root.join(folder), ending, &mut files)?;
    }
    ensure!(!files.is_empty(), "no seeds in {}; run it in the checkout, or name it by --root", root.display());
    Ok(files)
}

fn collect(folder: &Path, ending: &str, files: &mut Vec<Vec<u8>>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let mut entries =
        entries.collect::<Result<Vec<_>, _>>().with_context(|| format!("cannot list {}", folder.display()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, about) = (entry.path(), entry.metadata()?);
        if about.is_dir() {
            collect(&path, ending, files)?;
        } else if about.len() <= SEED_MAX_BYTES && entry.file_name().to_string_lossy().ends_with(ending) {
            files.push(fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    Ok(())
}
