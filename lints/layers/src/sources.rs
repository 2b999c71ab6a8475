//! The source files of a checkout, by their paths.

use crate::rules::MEASURED;
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// The text of every source file under its path from the root of the checkout, with slashes.
pub type Sources = BTreeMap<String, String>;

/// Reads every `.rs` file in the measured folders of a checkout.
pub fn read(root: &Path) -> io::Result<Sources> {
    let mut sources = Sources::new();
    for folder in MEASURED {
        if root.join(folder).is_dir() {
            read_folder(root, folder, &mut sources)?;
        }
    }
    Ok(sources)
}

fn read_folder(root: &Path, folder: &str, sources: &mut Sources) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_folder(root, &path, sources)?;
        } else if path.ends_with(".rs") {
            sources.insert(path, fs::read_to_string(entry.path())?);
        }
    }
    Ok(())
}
