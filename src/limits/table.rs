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
    /// The body of `POST /predict`, as it is sent and as it is decoded.
    PREDICT_BODY: "the body", 4 * MIB, Bytes, Raise::Setting("MAX_BODY_BYTES");
    /// The body of every other route, as it is sent and as it is decoded.
    CALL_BODY: "the body", 64 * KIB, Bytes, Raise::Instead("send the fields of this route only");
    /// The columns of the body of `POST /predict`.
    PREDICT_COLUMNS: "`data`", 10_000, Columns, Raise::Instead("send the columns that the model needs only");
    /// The parameters of a query string.
    QUERY_PARAMETERS: "the query", 16, Entries, Raise::Instead("send the parameters of this route only");
    /// The name or the value of a query parameter.
    QUERY_TEXT: "a name or a value of the query", 256, Characters, Raise::Instead("shorten it");
    /// What an error response says in its `detail`.
    ERROR_DETAIL: "the detail", 2_000, Characters, Raise::Instead("it is cut");
    /// What was sent and is quoted in an error response.
    ERROR_QUOTE: "the quoted text", 80, Characters, Raise::Instead("it is cut");
    /// The value of a record that is copied into a dead letter.
    DEAD_LETTER_PAYLOAD: "the record", 256 * KIB, Bytes, Raise::Instead("it is cut, and its headers say so");
}

/// The table as `docs/limits.md` shows it, one Markdown row a limit.
pub fn markdown() -> String {
    let mut text = String::from("| limit | of | largest | unit | to get more |\n|---|---|---|---|---|\n");
    for (name, limit, of) in LIMITS {
        text += &format!("| `{name}` |{of} | {} | {} | {} |\n", limit.max, limit.unit, limit.raise);
    }
    text
}
