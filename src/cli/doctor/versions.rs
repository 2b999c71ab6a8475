//! The version of this program, and records of a newer one.

use crate::config::Config;
use crate::storage::Survey;

use super::finding::Finding;

const SUBJECT: &str = "version";

/// The version of this program.
pub fn of_the_program(_: &Config) -> Vec<Finding> {
    vec![Finding::ok(SUBJECT, env!("CARGO_PKG_VERSION"))]
}

/// Whether a newer program wrote to the store.
pub fn of_records(survey: &Survey) -> Vec<Finding> {
    let Some((kind, name, version)) = survey.newer.first() else {
        return vec![Finding::ok(SUBJECT, "no record is of a newer program")];
    };
    let text = format!(
        "a newer program wrote {} record(s), such as {name}: it has version {version}, and this program knows {}; use the newer program on \
         every machine",
        survey.newer.len(),
        kind.known_version()
    );
    vec![Finding::broken(SUBJECT, text)]
}
