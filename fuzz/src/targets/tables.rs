//! Data files in the dialects that people write. What is read must be sound, and its shape must have been known before.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;
use flts::forecast::{DateOrder, Duplicates, ReadOptions, Resample, file_shape, read_file, series_of, time_zone};

use super::ground::Ground;
use super::reader::Reader;

/// A data file; the input also chooses the settings, and how the file is packed.
pub fn open(_: &Ground) -> Result<Box<dyn Reader>> {
    Ok(Box::new(Tables))
}

struct Tables;

impl Reader for Tables {
    fn read(&mut self, input: &[u8]) -> Result<(), String> {
        let mut choices = Choices::of(input);
        let options = options(&mut choices);
        check(&packed(input, &mut choices), &options)
    }
}

fn check(bytes: &[u8], options: &ReadOptions) -> Result<(), String> {
    let shape = file_shape(bytes, "x", options);
    let Ok(reading) = read_file(bytes, options) else { return Ok(()) };
    let all = series_of(reading, options);
    for (_, series) in &all {
        ensure(series.times_ms.is_sorted_by(|a, b| a < b), || "times do not increase".into())?;
        let is_full = series.columns.iter().all(|column| column.values.len() == series.rows());
        ensure(is_full, || "a column has another length than the times".into())?;
        if let Some((steps, last)) = series.steps().zip(series.times_ms.last()) {
            series.writer().write(steps.after(*last, 1000));
            ensure(!series.segments(steps).is_empty(), || "there are rows, and no run of rows".into())?;
        }
    }
    let rows: usize = all.iter().map(|(_, series)| series.rows()).sum();
    let widest = all.first().map_or(0, |(_, series)| series.columns.len() + 1);
    match shape {
        Ok(shape) => {
            ensure(shape.rows >= rows && shape.columns >= widest, || format!("{shape:?}, but {rows} rows of {widest}"))
        }
        // columns that are left out count there
        Err(error) => {
            ensure(error.to_string().contains("set MAX_CELLS"), || format!("a file without a shape: {error}"))
        }
    }
}

fn ensure(holds: bool, mistake: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(mistake()) }
}

fn packed(bytes: &[u8], choices: &mut Choices) -> Vec<u8> {
    match choices.below(10) {
        0 => {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
        }
        1 => zstd::encode_all(bytes, 1).unwrap_or_default(),
        2 => {
            let units = String::from_utf8_lossy(bytes).into_owned();
            [0xFF, 0xFE].into_iter().chain(units.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        }
        _ => bytes.to_vec(),
    }
}

fn options(choices: &mut Choices) -> ReadOptions {
    let freqs = ["h", "ME", "B", "W", "QS"];
    let freq = choices.sometimes().then(|| freqs[choices.below(freqs.len())].parse().ok()).flatten();
    ReadOptions {
        date_order: choices.sometimes().then_some(DateOrder::Dmy),
        time_zone: choices.sometimes().then(|| time_zone("Europe/Madrid").ok()).flatten(),
        resample: (freq.is_some() && choices.sometimes()).then_some(Resample::Sum),
        freq,
        duplicates: choices.sometimes().then_some(Duplicates::Mean),
        categories: if choices.sometimes() { vec!["weather".into()] } else { Vec::new() },
        max_cells: if choices.sometimes() { 20 } else { 100_000 },
        max_gap_rows: choices.below(40),
        ..ReadOptions::default()
    }
}

/// Choices that follow from an input.
struct Choices(u64);

impl Choices {
    fn of(input: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        input.hash(&mut hasher);
        Self(hasher.finish())
    }

    fn below(&mut self, end: usize) -> usize {
        let end = end as u64;
        let choice = self.0 % end;
        self.0 /= end;
        choice as usize
    }

    /// One time in four.
    fn sometimes(&mut self) -> bool {
        self.below(4) == 0
    }
}
