//! The table of dialects.
//!
//! A case is a file, the settings, and what is read: the first time .. the time after the last one, the step, and the columns.
//!
//! * `text_cases`: separators, numbers, encodings, headers, columns
//! * `time_cases`: ways to write times
//! * `zone_cases`: local clocks
//! * `step_cases`: steps, duplicates, gaps, long files

#[path = "step_cases.rs"]
mod step_cases;
#[path = "text_cases.rs"]
mod text_cases;
#[path = "time_cases.rs"]
mod time_cases;
#[path = "zone_cases.rs"]
mod zone_cases;

use std::io::Write;
use std::sync::LazyLock;

/// One row of the table.
#[derive(Clone, Copy)]
pub struct Case {
    pub name: &'static str,
    /// How the text becomes bytes.
    pub bytes: Bytes,
    pub settings: &'static str,
    pub text: &'static str,
    /// What is read, or `refused: ` and a part of the sentence.
    pub expected: &'static str,
}

/// How a text becomes bytes.
#[derive(Clone, Copy)]
pub enum Bytes {
    Utf8,
    Bom,
    Utf16Le,
    Utf16BeNoMark,
    Latin1,
    Gzip,
    Zstd,
    GzipCut,
    Utf16LeZstd,
}

pub const fn case(name: &'static str, settings: &'static str, text: &'static str, expected: &'static str) -> Case {
    Case { name, bytes: Bytes::Utf8, settings, text, expected }
}

impl Case {
    pub const fn in_bytes(self, bytes: Bytes) -> Case {
        Case { bytes, ..self }
    }
}

pub static CASES: LazyLock<Vec<Case>> =
    LazyLock::new(|| [text_cases::CASES, time_cases::CASES, zone_cases::CASES, step_cases::CASES].concat());

pub fn bytes_of(case: &Case) -> Vec<u8> {
    let text = case.text;
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("bytes");
        encoder.finish().expect("bytes")
    };
    let utf16 = || [vec![0xFF, 0xFE], text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()].concat();
    match case.bytes {
        Bytes::Utf8 => text.into(),
        Bytes::Bom => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
        Bytes::Utf16Le => utf16(),
        Bytes::Utf16BeNoMark => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        Bytes::Latin1 => text.chars().map(|character| u8::try_from(u32::from(character)).expect("bytes")).collect(),
        Bytes::Gzip => gzip(text.as_bytes()),
        Bytes::Zstd => zstd::encode_all(text.as_bytes(), 1).expect("bytes"),
        Bytes::GzipCut => gzip(text.as_bytes())[..20].to_vec(),
        Bytes::Utf16LeZstd => zstd::encode_all(utf16().as_slice(), 1).expect("bytes"),
    }
}
