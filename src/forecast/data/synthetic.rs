//! Invented measurements of a busy radio cell: daily and weekly seasons, bursts, noise, gaps.

use std::f64::consts::TAU;
use std::io::Write;

use super::column::Column;
use super::series::Series;
use super::time::{TimeAxis, TimeForm, format_time};

/// Days of the data that the program writes by itself: 14 to train on, and a last fifth to test on.
pub const SAMPLE_DAYS: usize = 18;

const STEP_MS: i64 = 120_000;
const STEPS_PER_DAY: usize = 720;
/// Monday, 1 January 2024.
const START_MS: i64 = 1_704_067_200_000;
const COLUMN_NAMES: [&str; 6] = ["down", "up", "users", "load", "latency_ms", "quality"];

const MISSING_CELL_SHARE: f64 = 0.002;
const MISSING_ROW_SHARE: f64 = 0.001;
/// Rows at both ends that are never missing, so that the first and last windows are whole.
const COMPLETE_ROWS: usize = 60;
/// One outage, longer than the gaps that are filled.
const OUTAGE_ROWS: usize = 45;

/// `days` days in steps of 2 minutes from `seed` alone: down and up in bits, users, load as a share, latency in ms, quality on a scale to 20.
pub fn sample(seed: u64, days: usize) -> Series {
    let mut random = Random(seed);
    let mut cell = RadioCell::new();
    let rows = days * STEPS_PER_DAY;
    let outage = rows / 3..rows / 3 + OUTAGE_ROWS;
    let mut series = Series {
        form: TimeForm::Naive,
        axis: TimeAxis::default(),
        times_ms: Vec::with_capacity(rows),
        columns: COLUMN_NAMES.map(|name| Column { name: name.to_owned(), values: Vec::with_capacity(rows) }).into(),
    };
    for row in 0..rows {
        let measured = cell.step(row, &mut random);
        let cell_draws: [f64; 6] = std::array::from_fn(|_| random.uniform());
        let row_draw = random.uniform();
        let complete = row < COMPLETE_ROWS || row + COMPLETE_ROWS >= rows;
        if !complete && (row_draw < MISSING_ROW_SHARE || outage.contains(&row)) {
            continue;
        }
        series.times_ms.push(START_MS + row as i64 * STEP_MS);
        for ((column, value), draw) in series.columns.iter_mut().zip(measured).zip(cell_draws) {
            let missing = !complete && draw < MISSING_CELL_SHARE;
            column.values.push(if missing { f64::NAN } else { value });
        }
    }
    series
}

/// The series as CSV with a `time` column; missing cells are empty.
pub fn to_csv(series: &Series) -> Vec<u8> {
    let mut csv = b"time".to_vec();
    for column in &series.columns {
        csv.push(b',');
        csv.extend_from_slice(quoted(&column.name).as_bytes());
    }
    csv.push(b'\n');
    for (row, &ms) in series.times_ms.iter().enumerate() {
        let time = format_time(ms, series.form).replacen('T', " ", 1);
        csv.extend_from_slice(time.as_bytes());
        for column in &series.columns {
            csv.push(b',');
            let value = column.values[row];
            if !value.is_nan() {
                write!(csv, "{value}").expect("invariant: writing into memory cannot fail");
            }
        }
        csv.push(b'\n');
    }
    csv
}

fn quoted(name: &str) -> String {
    if name.contains([',', '"', '\n', '\r']) { format!("\"{}\"", name.replace('"', "\"\"")) } else { name.to_owned() }
}

/// The state of the radio cell: a slow level and the present bursts, both as logarithms of demand.
struct RadioCell {
    level: f64,
    burst: f64,
    upload_burst: f64,
}

impl RadioCell {
    fn new() -> Self {
        Self { level: 0.0, burst: 0.0, upload_burst: 0.0 }
    }

    /// The measurements of one step, in the order of `COLUMN_NAMES`.
    fn step(&mut self, row: usize, random: &mut Random) -> [f64; 6] {
        self.level = 0.97 * self.level + 0.06 * random.normal();
        self.burst = decayed(self.burst, 0.80, 0.02, random);
        self.upload_burst = decayed(self.upload_burst, 0.70, 0.03, random);

        let demand = season(row) + self.level;
        // Short-lived chance in each measurement: what a forecast can average away and persistence cannot.
        let down = 6e7 * (demand + self.burst + 0.30 * random.normal()).exp();
        let up_demand = 0.8 * demand + 0.3 * self.burst + self.upload_burst;
        let up = 4e6 * (up_demand + 0.35 * random.normal()).exp();
        let users = 900.0 * (0.7 * demand + 0.15 * self.burst + 0.05 * random.normal()).exp();
        let load = 1.0 - (-(down + 4.0 * up) / 1.2e9).exp();
        let latency_ms = 12.0 + 60.0 * load * load + 2.0 * random.normal().abs();
        let quality = 15.0 - 6.0 * load + 0.6 * random.normal();
        [down.round(), up.round(), users.round(), rounded(load), rounded(latency_ms), rounded(quality.clamp(0.0, 20.0))]
    }
}

/// A burst that fades by `keep` a step and, with probability `chance`, is joined by a new one.
fn decayed(burst: f64, keep: f64, chance: f64, random: &mut Random) -> f64 {
    let (arrives, size) = (random.uniform() < chance, random.exponential());
    keep * burst + if arrives { 0.3 + 0.3 * size } else { 0.0 }
}

/// The logarithm of the usual demand: low at night, high in the evening, quieter at weekends.
fn season(row: usize) -> f64 {
    let day = row / STEPS_PER_DAY;
    let angle = (row % STEPS_PER_DAY) as f64 / STEPS_PER_DAY as f64 * TAU;
    let daily = -0.8 * (angle - 0.25 * TAU / 6.0).cos() - 0.25 * (2.0 * angle - 0.5).cos();
    let weekend = if day % 7 >= 5 { -0.35 } else { 0.0 };
    daily + weekend
}

/// Six decimals: enough for every column, and the same text on every platform.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// SplitMix64: small, and the same numbers on every platform and in every release.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Uniform in [0, 1).
    fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Exponential with mean 1.
    fn exponential(&mut self) -> f64 {
        -(1.0 - self.uniform()).ln()
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        (2.0 * self.exponential()).sqrt() * (TAU * self.uniform()).cos()
    }
}
