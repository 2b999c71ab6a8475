//! How large files and folders are.

use crate::report::Report;
use crate::rules::{FILE_LINES_FAILED, FILE_LINES_WARNED, FOLDER_FILES};
use crate::sources::Sources;
use std::collections::BTreeMap;

/// Reports long files and crowded folders.
pub fn check(sources: &Sources, report: &mut Report) {
    let mut folders: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, text) in sources {
        let lines = text.lines().count();
        if lines > FILE_LINES_FAILED {
            report.broken(format!(
                "{path} has {lines} lines, and {FILE_LINES_FAILED} are the most: make two files of it"
            ));
        } else if lines > FILE_LINES_WARNED {
            report.warned(format!("{path} has {lines} lines, over {FILE_LINES_WARNED}: it wants to be two files"));
        }
        if let Some((folder, _)) = path.rsplit_once('/') {
            *folders.entry(folder).or_default() += 1;
        }
    }
    for (folder, files) in folders.into_iter().filter(|(_, files)| *files > FOLDER_FILES) {
        report.broken(format!(
            "{folder}/ holds {files} source files, and {FOLDER_FILES} are the most: put what belongs together into a folder of its own"
        ));
    }
}
