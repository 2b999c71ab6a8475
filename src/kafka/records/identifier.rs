//! The series that a record is about, where it names one.

/// The series of a record that names none.
pub(super) const DEFAULT_IDENTIFIER: &str = "default";

/// The series that a record names: an empty name and `global` count as none.
pub(super) fn named_identifier(identifier: String) -> Option<String> {
    Some(identifier).filter(|name| !name.is_empty() && name != "global")
}

pub(super) fn default_identifier() -> String {
    DEFAULT_IDENTIFIER.to_owned()
}
