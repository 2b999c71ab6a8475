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
    /// A field of a record that is a name or a hash.
    RECORD_NAME: "the text", 256, Bytes, Raise::Instead("shorten it");
    /// The object key or the event id in a record.
    RECORD_KEY: "the text", 1024, Bytes, Raise::Instead("shorten it");
    /// The error in an event of a training; a longer one is cut before it is sent.
    RECORD_ERROR: "the text", 16 * KIB, Bytes, Raise::Instead("shorten it");
    /// Records that one consumer has read and not settled; reading pauses at four fifths of it.
    RECORDS_IN_FLIGHT: "what a consumer has read", 16 * MIB, Bytes, Raise::Instead("it reads on when they are settled");
    /// The body of `POST /predict`, as it is sent and as it is decoded.
    PREDICT_BODY: "the body", 4 * MIB, Bytes, Raise::Setting("MAX_BODY_BYTES");
    /// The body of every other route, as it is sent and as it is decoded.
    CALL_BODY: "the body", 64 * KIB, Bytes, Raise::Instead("send the fields of this route only");
    /// A file that `POST /upload` takes in.
    UPLOAD: "the file", 4 * GIB, Bytes, Raise::Setting("UPLOAD_MAX_BYTES");
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
    /// The columns of a CSV or Parquet file, and of a model: a model reads all of them at every step.
    DATA_COLUMNS: "the data", 1000, Columns, Raise::Instead("leave out columns, or split the file by columns");
    /// The text of a file after decompression; it is read in pieces and never held whole.
    TEXT_BYTES: "the text", 4 * GIB, Bytes, Raise::Instead("split it");
    /// One line of a file, line ends within quotes included.
    LINE_BYTES: "a line", MIB, Bytes, Raise::Instead("close the quotes, or check that the file is CSV");
    /// The series of one long file.
    SERIES: "the file", 1000, Entries, Raise::Setting("SERIES_MAX");
    /// The words of a column that `CATEGORIES` keeps.
    LEVELS: "the column", 20, Entries, Raise::Instead("leave it out of CATEGORIES");
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
    /// The key and each cause that are copied into a dead letter.
    DEAD_LETTER_TEXT: "the text", 4 * KIB, Bytes, Raise::Instead("it is cut, and its headers say so");
    /// The headers of a record that are copied into a dead letter; those that do not fit are left out.
    DEAD_LETTER_HEADERS: "the headers of the record", 16 * KIB, Bytes, Raise::Instead("they are cut, and its headers say so");
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
