//! Objects that FLTS did not name: every listing passes over them.

use crate::storage::Survey;

use super::finding::Finding;

const SUBJECT: &str = "stray objects";

/// How many there are, and some of their names.
pub fn check(survey: &Survey) -> Vec<Finding> {
    if survey.foreign == 0 {
        return vec![Finding::ok(SUBJECT, "none")];
    }
    let text = format!(
        "{} that flts did not name, such as {}; move them elsewhere: they are passed over, and make listings slower",
        survey.foreign,
        survey.foreign_named.join(", ")
    );
    vec![Finding::warning(SUBJECT, text)]
}
