//! The version of the records.

/// The version of the records, `"v"` in each.
pub const RECORD_VERSION: u32 = 1;

/// The version of a record that names none.
pub(super) fn default_version() -> u32 {
    RECORD_VERSION
}
