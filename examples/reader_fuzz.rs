//! Fuzzes the reader: mutated tables, compressed or not, for so many seconds; it ends with what it tried, or with the bytes that broke it.
//!
//! `cargo run --release --example reader_fuzz -- [SECONDS [SEED]]`

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use flts::forecast::{DateOrder, Duplicates, ReadOptions, Resample, file_shape, read_file, series_of, time_zone};

/// Tables that mutations start from.
const SEEDS: [&str; 10] = [
    "ts,y\n2024-01-01 00:00:00,1.5\n2024-01-01 00:02:00,2\n2024-01-01 00:04:00,nan\n2024-01-01 00:10:00,4\n",
    "Month;Wert\n1949-01;1.234,5\n1949-02;2.345,6\n1949-04;-\n",
    "unique_id\tds\ty\na\t2024-01-31\t1\nb\t2024-01-31\t2\na\t2024-02-29\t3\nb\t2024-02-29\t4\n",
    "# about\n\nyear,quarter,x,on\n1959,1,74,yes\n1959,2,75,no\n1959,3,76,yes\n",
    "date,y\n13/01/2024 11:00 PM,\"1,234\"\n14/01/2024 12:00 AM,\"2,345\"\n",
    "ts,y\n2023-10-29 01:00,1\n2023-10-29 02:00,3\n2023-10-29 02:00,4\n2023-10-29 03:00,5\n",
    "ts,y\n2023-03-25T00:00:00+01:00,1\n2023-03-26T00:00:00+01:00,3\n2023-03-27T00:00:00+02:00,4\n",
    "epoch,y\n1704067200000,1\n1704070800000,2\n1704074400000,4\n",
    "ds,weather,y\n2024-W07,rain,1\n2024-W08,sun,2\n2024-W09,rain,3\n",
    ",date,y\n0,2024-01-04,1\n1,2024-01-05,2\n2,2024-01-08,4\n3,2024-01-09,5\n",
];

/// Pieces that mutations put in.
const PIECES: [&str; 24] = [
    "\n",
    "\r",
    ",",
    ";",
    "\t",
    "|",
    "\"",
    "'",
    ".",
    "-",
    "/",
    ":",
    " ",
    "T",
    "Z",
    "+01:00",
    "9999999999999999999",
    "-0",
    "1e308",
    "NaN",
    "2024-02-30",
    "\u{feff}",
    "\u{0}",
    "24:00",
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter_map(|text| text.parse::<u64>().ok());
    let (seconds, seed) = (arguments.next().unwrap_or(600), arguments.next().unwrap_or(1));
    let (mut random, until) = (Random(seed), Instant::now() + Duration::from_secs(seconds));
    let (mut tried, mut read, mut bytes_tried) = (0u64, 0u64, 0u64);
    std::panic::set_hook(Box::new(|info| eprintln!("{info}")));
    while Instant::now() < until {
        let bytes = packed(mutated(&mut random), &mut random);
        let options = options(&mut random);
        match catch_unwind(AssertUnwindSafe(|| check(&bytes, &options))) {
            Ok(is_read) => read += u64::from(is_read),
            Err(_) => {
                eprintln!("seed {seed}, table {tried}, {options:?}: {}", bytes.escape_ascii());
                return ExitCode::FAILURE;
            }
        }
        tried += 1;
        bytes_tried += bytes.len() as u64;
    }
    println!(
        "{tried} tables of {bytes_tried} bytes in {seconds} s: {read} were read, the others refused, none broke the reader"
    );
    ExitCode::SUCCESS
}

/// Whether the table was read; what is read must be sound.
fn check(bytes: &[u8], options: &ReadOptions) -> bool {
    let shape = file_shape(bytes, "x", options);
    let Ok(reading) = read_file(bytes, options) else { return false };
    let all = series_of(reading, options);
    let rows: usize = all.iter().map(|(_, series)| series.rows()).sum();
    for (_, series) in &all {
        assert!(series.times_ms.is_sorted_by(|a, b| a < b), "times increase");
        assert!(series.columns.iter().all(|column| column.values.len() == series.rows()), "columns are full");
        if let Some((steps, last)) = series.steps().zip(series.times_ms.last()) {
            let _ = series.writer().write(steps.after(*last, 1000));
            assert!(!series.segments(steps).is_empty(), "rows are runs");
        }
    }
    let widest = all.first().map_or(0, |(_, series)| series.columns.len() + 1);
    let shape = match shape {
        Ok(shape) => shape,
        // columns that are left out count there
        Err(error) => {
            assert!(error.to_string().contains("set MAX_CELLS"), "a file that is read has a shape: {error}");
            return true;
        }
    };
    assert!(shape.rows >= rows && shape.columns >= widest, "{shape:?} holds {rows} rows of {widest} columns");
    true
}

fn mutated(random: &mut Random) -> Vec<u8> {
    let mut bytes = random.one_of(&SEEDS).as_bytes().to_vec();
    for _ in 0..random.below(12) {
        let at = random.below(bytes.len() as u64 + 1) as usize;
        let end = (at + random.below(20) as usize).min(bytes.len());
        match random.below(6) {
            0 => drop(bytes.drain(at..end)),
            1 => drop(bytes.splice(at..at, random.one_of(&PIECES).bytes().collect::<Vec<u8>>())),
            2 if at < bytes.len() => bytes[at] = random.next() as u8,
            3 => {
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            4 => {
                let line = bytes.split_inclusive(|byte| *byte == b'\n').nth(1 + random.below(3) as usize);
                let lines = line.unwrap_or_default().repeat(1 + random.below(60) as usize);
                bytes.extend(lines);
            }
            _ => drop(bytes.splice(at..end, random.next().to_string().into_bytes())),
        }
    }
    bytes
}

fn packed(bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let mut packed = match random.below(10) {
        0 => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let written = encoder.write_all(&bytes).and_then(|()| encoder.finish());
            written.unwrap_or_default()
        }
        1 => zstd::encode_all(bytes.as_slice(), 1).unwrap_or_default(),
        2 => {
            let units: Vec<u16> = String::from_utf8_lossy(&bytes).encode_utf16().collect();
            [vec![0xFF, 0xFE], units.into_iter().flat_map(u16::to_le_bytes).collect()].concat()
        }
        _ => return bytes,
    };
    if !packed.is_empty() && random.below(3) == 0 {
        let at = random.below(packed.len() as u64) as usize;
        packed[at] = random.next() as u8;
    }
    packed
}

fn options(random: &mut Random) -> ReadOptions {
    let some = |random: &mut Random| random.below(4) == 0;
    let freq = some(random).then(|| random.one_of(&["h", "ME", "B", "W", "QS"]).parse().ok()).flatten();
    ReadOptions {
        date_order: some(random).then_some(DateOrder::Dmy),
        time_zone: some(random).then(|| time_zone("Europe/Madrid").ok()).flatten(),
        resample: (freq.is_some() && some(random)).then_some(Resample::Sum),
        freq,
        duplicates: some(random).then_some(Duplicates::Mean),
        categories: if some(random) { vec!["weather".into()] } else { Vec::new() },
        max_cells: if some(random) { 20 } else { 100_000 },
        max_gap_rows: random.below(40) as usize,
        ..ReadOptions::default()
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len() as u64) as usize]
    }
}
