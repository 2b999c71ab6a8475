//! The limit of open files.

use crate::config::Config;
use crate::node::open_files;

use super::finding::Finding;

const SUBJECT: &str = "open files";

/// Whether the connections that the configuration asks for fit in it.
pub fn check(config: &Config) -> Vec<Finding> {
    let files = open_files(config);
    vec![match files.shortage() {
        Some(shortage) => Finding::warning(SUBJECT, shortage),
        None => Finding::ok(SUBJECT, format!("a process may have {} open", files.limit)),
    }]
}
