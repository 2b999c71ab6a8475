//! Small planted trees, and what the lint says of them.

mod circles;
mod imports;
mod rooms;
mod sizes;

use crate::report::Report;

/// What the lint says of these files, each a path and its text.
fn read(files: &[(&str, &str)]) -> Report {
    crate::check(&files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
}

/// Checks that the lint says exactly these lines of broken rules.
#[track_caller]
fn says(files: &[(&str, &str)], expected: &[&str]) {
    assert_eq!(read(files).findings(), expected);
}
