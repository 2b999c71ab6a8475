//! From bytes to records of cells.
//!
//! * `format`: what a file is by its first bytes; what is no text is refused
//! * `parquet_text`: the rows of a Parquet file as text
//! * `source`: the text of a file in pieces: decompressed, in UTF-8, counted
//! * `encoding`: UTF-16 and Latin-1 become UTF-8
//! * `records`: records of cells, each of a bounded length
//! * `layout`: separator, comment lines and header

mod encoding;
mod format;
mod layout;
mod parquet_text;
mod records;
mod source;

pub(crate) use layout::{Layout, find_layout};
pub(crate) use records::Record;
pub(crate) use source::Source;

pub use format::Compression;
pub use source::Encoding;
