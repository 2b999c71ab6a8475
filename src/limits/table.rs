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
const GIB: u64 = 1 << 30;

limits! {
    /// The object that a claim names, as it is stored.
    CLAIM_OBJECT: "the object", 64 * MIB, Bytes, Raise::Instead("split it, and send a claim for each part");
    /// A CSV or Parquet file or a part of a data set, gaps filled.
    DATA_CELLS: "the data", 100_000_000, Cells, Raise::Setting("MAX_CELLS");
    /// The columns of a CSV or Parquet file, and of a model: a model reads all of them at every step.
    DATA_COLUMNS: "the data", 1000, Columns, Raise::Instead("leave out columns, or split the file by columns");
    /// A CSV file in bucket `dataset` or on the command line, and a stored part of a data set.
    DATA_FILE: "the file", 4 * GIB, Bytes, Raise::Instead("split it into files of fewer rows");
    /// A record in the object store: of a data set, a run, a lease or a decision; and a promotion pointer.
    STORED_RECORD: "the record", MIB, Bytes, Raise::Instead("no record of FLTS is so large: remove it");
    /// The manifest of a model.
    MANIFEST: "the manifest", 8 * MIB, Bytes, Raise::Instead("train a model of fewer columns");
    /// The rows that a model reads, and the rows that it forecasts at once.
    MODEL_ROWS: "the model", 1_000_000, Rows, Raise::Instead("train one with a smaller INPUT_SEQ_LEN or OUTPUT_SEQ_LEN");
    /// The rows that a model reads times its columns, and the rows that it forecasts times its targets.
    MODEL_CELLS: "the model", 10_000_000, Cells, Raise::Instead("train one of fewer columns, or with a smaller INPUT_SEQ_LEN or OUTPUT_SEQ_LEN");
    /// The weights of a model.
    WEIGHTS: "the weights", GIB, Bytes, Raise::Instead("train a model with a smaller HIDDEN_SIZE or OUTPUT_SEQ_LEN");
    /// The list of tensors at the start of a safetensors file.
    WEIGHTS_HEADER: "the header of the weights", MIB, Bytes, Raise::Instead("train the model again");
    /// The checkpoint of a training.
    CHECKPOINT: "the checkpoint", 4 * GIB, Bytes, Raise::Instead("train with a smaller HIDDEN_SIZE");
    /// A segment of the inference log.
    LOG_SEGMENT: "the log segment", 64 * MIB, Bytes, Raise::Instead("send claims for fewer rows");
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
