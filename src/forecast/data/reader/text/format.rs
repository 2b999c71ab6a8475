//! What a file is by its first bytes; what is no text is refused with what to do.

use serde::Serialize;

use crate::forecast::data::reader::mistakes::Mistakes;

/// How the bytes of a file are compressed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// gzip, of one or several members.
    Gzip,
    /// zstd.
    Zstd,
}

/// First bytes of a Parquet file.
pub(crate) const PARQUET: &[u8] = b"PAR1";

impl Compression {
    /// What stands before the encoding in a description: `gzip, `.
    pub fn described(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => "gzip, ",
            Compression::Zstd => "zstd, ",
        }
    }
}

/// First bytes of formats that are no text, and what to do.
const OTHERS: [(&[u8], &str); 7] = [
    (b"PK\x03\x04", "the file is a zip archive or a spreadsheet: save it as CSV"),
    (b"\xD0\xCF\x11\xE0", "the file is an old spreadsheet: save it as CSV"),
    (b"BZh", "the file is compressed with bzip2: unpack it, or use gzip or zstd"),
    (b"\xFD7zXZ\x00", "the file is compressed with xz: unpack it, or use gzip or zstd"),
    (b"%PDF", "the file is a PDF: give the table as CSV"),
    (b"SQLite format 3", "the file is a database: export the table as CSV"),
    (b"\x89HDF", "the file is HDF5: export the table as CSV"),
];

/// The compression that the first bytes show.
pub(super) fn compression_of(bytes: &[u8]) -> Compression {
    if bytes.starts_with(b"\x1F\x8B") {
        Compression::Gzip
    } else if bytes.starts_with(b"\x28\xB5\x2F\xFD") {
        Compression::Zstd
    } else {
        Compression::None
    }
}

/// Refuses a text that starts like another format.
pub(super) fn refuse_other_formats(head: &[u8]) -> Result<(), Mistakes> {
    if let Some((_, advice)) = OTHERS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Err(Mistakes::of_file(*advice));
    }
    if compression_of(head) != Compression::None {
        return Err(Mistakes::of_file("the file is compressed twice: unpack it once"));
    }
    let text = head.trim_ascii_start();
    if text.first() == Some(&b'{') || text.starts_with(b"[{") || text.starts_with(b"[[") {
        return Err(Mistakes::of_file("the file is JSON: give it as CSV"));
    }
    if text.first() == Some(&b'<') {
        return Err(Mistakes::of_file("the file is HTML or XML: give the table as CSV"));
    }
    Ok(())
}
