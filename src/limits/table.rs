//! The table of limits. Where one has a setting, its value here is the default.

use super::limit::{Limit, Raise, Unit};

/// Declares the limits as constants, and lists them in their order.
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $subject:literal, $max:expr, $unit:ident, $raise:expr;)+) => {
        $($(#[doc = $doc])+ pub const $name: Limit =
            Limit { subject: $subject, max: $max, unit: Unit::$unit, raise: $raise };)+

        /// Every limit with its name and where it applies.
        pub const LIMITS: &[(&str, Limit, &str)] = &[$((stringify!($name), $name, concat!($($doc),+))),+];
    };
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

limits! {
    /// The object that a claim names, as it is stored.
    CLAIM_OBJECT: "the object", 64 * MIB, Bytes, Raise::Instead("split it, and send a claim for each part");
    /// The rows of an object that a claim names.
    CLAIM_ROWS: "the object", 64 * MIB, DecodedBytes, Raise::Instead("split it, and send a claim for each part");
    /// A CSV or Parquet file or a data set, gaps filled.
    DATA_CELLS: "the data", 100_000_000, Cells, Raise::Setting("MAX_CELLS");
    /// The value of a record that is copied into a dead letter.
    DEAD_LETTER_PAYLOAD: "the record", 256 * KIB, Bytes, Raise::Instead("it is cut, and its headers say so");
    /// The XML body of a request to the embedded object store: a thousand keys of 1024 bytes, each byte written as an entity.
    STORE_XML_BODY: "the body", 8 * MIB, Bytes, Raise::Instead("name at most a thousand objects in a request");
    /// Connections to the embedded object store; further ones wait to be accepted.
    STORE_CONNECTIONS: "the embedded object store", 1024, Connections, Raise::Instead("close some");
}

/// The table as `docs/limits.md` shows it, one Markdown row a limit.
pub fn markdown() -> String {
    let mut text = String::from("| limit | of | largest | unit | to get more |\n|---|---|---|---|---|\n");
    for (name, limit, of) in LIMITS {
        text += &format!("| `{name}` |{of} | {} | {} | {} |\n", limit.max, limit.unit, limit.raise);
    }
    text
}
