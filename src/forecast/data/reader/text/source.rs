//! The text of a file in pieces: decompressed, in UTF-8, its length checked first.

use std::io::{Cursor, Read};

use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use serde::Serialize;

use super::encoding::{ToUtf8, Wide};
use super::format::{Compression, PARQUET, compression_of, refuse_other_formats};
use super::parquet_text::ParquetFile;
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::limits::TEXT_BYTES;

/// How the characters of a file are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    #[serde(rename = "UTF-8")]
    Utf8,
    /// UTF-16, the low byte first.
    #[serde(rename = "UTF-16LE")]
    Utf16Le,
    /// UTF-16, the high byte first.
    #[serde(rename = "UTF-16BE")]
    Utf16Be,
    /// Latin-1, with Windows' characters where Latin-1 has none.
    #[serde(rename = "Latin-1")]
    Latin1,
}

impl Encoding {
    /// Its name.
    pub fn described(self) -> &'static str {
        match self {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16LE",
            Encoding::Utf16Be => "UTF-16BE",
            Encoding::Latin1 => "Latin-1",
        }
    }
}

/// How much of a text tells its encoding where no byte order mark does.
const HEAD_BYTES: usize = 4096;

/// The largest window of zstd, as a power of two: it is memory that a file asks for.
const ZSTD_WINDOW_LOG: u32 = 27;

/// A file whose text can be read from its start any number of times.
pub(crate) struct Source<'a> {
    bytes: &'a [u8],
    pub(crate) compression: Compression,
    pub(crate) encoding: Encoding,
    /// Length of the byte order mark.
    mark: u64,
    /// The file, if it is Parquet: its rows are read as text.
    parquet: Option<ParquetFile>,
}

impl<'a> Source<'a> {
    /// Finds compression and encoding; refuses what is no text and what is too long, and Parquet of more than `max_cells` cells.
    pub(crate) fn new(bytes: &'a [u8], max_cells: u64) -> Result<Self, Mistakes> {
        let compression = compression_of(bytes);
        let mut source = Source { bytes, compression, encoding: Encoding::Utf8, mark: 0, parquet: None };
        if bytes.starts_with(PARQUET) {
            source.parquet = Some(ParquetFile::open(Bytes::copy_from_slice(bytes), max_cells)?);
            return Ok(source);
        }
        let mut head = Vec::new();
        source.raw()?.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(|error| source.broken(&error))?;
        (source.encoding, source.mark) = match head.as_slice() {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
            [0, first, ..] if *first != 0 => (Encoding::Utf16Be, 0),
            [first, 0, ..] if *first != 0 => (Encoding::Utf16Le, 0),
            _ => (Encoding::Utf8, 0),
        };
        refuse_other_formats(&head)?;
        if source.encoding == Encoding::Utf8 && !source.is_utf8()? {
            source.encoding = Encoding::Latin1;
        } else if source.encoding != Encoding::Utf8 && compression == Compression::None {
            TEXT_BYTES.check(bytes.len())?;
        } else if source.encoding != Encoding::Utf8 {
            source.is_utf8()?;
        }
        Ok(source)
    }

    /// A text that was read already.
    pub(super) fn of_text(bytes: &'a [u8]) -> Self {
        Source { bytes, compression: Compression::None, encoding: Encoding::Utf8, mark: 0, parquet: None }
    }

    /// Whether the file is Parquet.
    pub(crate) fn is_parquet(&self) -> bool {
        self.parquet.is_some()
    }

    /// The text from its start, as UTF-8 without a byte order mark.
    pub(crate) fn text(&self) -> Result<Box<dyn Read + 'a>, Mistakes> {
        let mut raw = self.raw()?;
        let mut mark = Vec::new();
        raw.by_ref().take(self.mark).read_to_end(&mut mark).map_err(|error| self.broken(&error))?;
        Ok(match self.encoding {
            Encoding::Utf8 => raw,
            Encoding::Utf16Le => Box::new(ToUtf8::new(raw, Wide::Utf16Le)),
            Encoding::Utf16Be => Box::new(ToUtf8::new(raw, Wide::Utf16Be)),
            Encoding::Latin1 => Box::new(ToUtf8::new(raw, Wide::Latin1)),
        })
    }

    /// The error of a text that ends early or does not decompress.
    pub(crate) fn broken(&self, error: &std::io::Error) -> Mistakes {
        let how = match self.compression {
            Compression::None => "cannot be read",
            Compression::Gzip => "does not decompress as gzip",
            Compression::Zstd => "does not decompress as zstd",
        };
        Mistakes::of_file(format!("the file {how}: send it again ({error})"))
    }

    fn raw(&self) -> Result<Box<dyn Read + 'a>, Mistakes> {
        if let Some(file) = &self.parquet {
            return file.text();
        }
        Ok(match self.compression {
            Compression::None => Box::new(Cursor::new(self.bytes)),
            Compression::Gzip => Box::new(MultiGzDecoder::new(self.bytes)),
            Compression::Zstd => {
                let mut decoder =
                    zstd::stream::read::Decoder::with_buffer(self.bytes).map_err(|error| self.broken(&error))?;
                decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|error| self.broken(&error))?;
                Box::new(decoder)
            }
        })
    }

    /// Whether the whole text is UTF-8; an error if it is too long or has bytes of zero, as no text has.
    fn is_utf8(&self) -> Result<bool, Mistakes> {
        let mut raw = self.raw()?;
        let mut piece = vec![0; 1 << 16];
        let (mut kept, mut total, mut valid) = (0, 0u64, true);
        loop {
            let length = raw.read(&mut piece[kept..]).map_err(|error| self.broken(&error))?;
            if length == 0 {
                return Ok(valid && kept == 0);
            }
            total += length as u64;
            TEXT_BYTES.check(total)?;
            let end = kept + length;
            if self.encoding == Encoding::Utf8 && piece[kept..end].contains(&0) {
                return Err(Mistakes::of_file("the file is no text, it has bytes of zero: give it as CSV"));
            }
            kept = 0;
            if valid && let Err(error) = std::str::from_utf8(&piece[..end]) {
                if error.error_len().is_some() {
                    valid = false;
                } else {
                    // a character that the end of the piece cuts
                    kept = end - error.valid_up_to();
                    piece.copy_within(error.valid_up_to()..end, 0);
                }
            }
        }
    }
}
