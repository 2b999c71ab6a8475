//! Long files and crowded folders.

use super::read;
use crate::rules::{FILE_LINES_FAILED, FILE_LINES_WARNED, FOLDER_FILES};

#[test]
fn a_long_file_is_warned_of_and_a_longer_one_fails() {
    let text = |lines: usize| "//\n".repeat(lines);
    let of = |lines: usize| read(&[("src/lib.rs", ""), ("tests/long.rs", &text(lines))]);
    assert!(of(FILE_LINES_WARNED).warnings().is_empty());
    assert_eq!(of(FILE_LINES_FAILED).warnings(), ["tests/long.rs has 350 lines, over 320: it wants to be two files"]);
    assert!(of(FILE_LINES_FAILED).is_clean());
    let report = of(FILE_LINES_FAILED + 1);
    assert_eq!(report.findings(), ["tests/long.rs has 351 lines, and 350 are the most: make two files of it"]);
    assert!(report.warnings().is_empty());
}

#[test]
fn a_folder_of_more_than_sixteen_files_fails() {
    let names: Vec<String> = (0..=FOLDER_FILES).map(|number| format!("tests/common/t{number}.rs")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    files.push(("src/lib.rs", ""));
    let report = read(&files);
    assert_eq!(
        report.findings(),
        [
            "tests/common/ holds 17 source files, and 16 are the most: put what belongs together into a folder of its own"
        ]
    );
    assert!(read(&files[1..]).is_clean());
}
