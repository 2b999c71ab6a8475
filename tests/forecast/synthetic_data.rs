//! The invented data: the same for everyone, with all that real data has, and worth forecasting.

use flts::forecast::{
    MinMax, PreprocessConfig, Series, prepare, read_csv, sample, sha256_hex, split_last_fifth, to_csv,
};

const SEED: u64 = 42;
const DAYS: usize = flts::forecast::SAMPLE_DAYS;
const STEP_MS: i64 = 120_000;
const LAGS: usize = 10;

fn values<'a>(series: &'a Series, name: &str) -> &'a [f64] {
    &series.column(name).expect("the column").values
}

#[test]
fn a_seed_gives_the_same_bytes_everywhere() {
    let csv = to_csv(&sample(SEED, 1));
    assert_eq!(csv, to_csv(&sample(SEED, 1)));
    assert_ne!(csv, to_csv(&sample(SEED + 1, 1)));
    assert_eq!(sha256_hex(&csv), "529b890dc5ec7a43b501e3e2dd9c2c4a1878984ad1eda14b1fff5beaab1da2c5");
}

#[test]
fn the_csv_reads_back_as_the_series_with_its_gaps_filled() {
    let series = sample(SEED, DAYS);
    let read = read_csv(&to_csv(&series), "sample.csv", 0).expect("a series");
    assert_eq!(read.times_ms, series.times_ms);
    for (read, column) in read.columns.iter().zip(&series.columns) {
        let same = |(a, b): (&f64, &f64)| a == b || (a.is_nan() && b.is_nan());
        assert!(read.values.iter().zip(&column.values).all(same), "{}", column.name);
    }
    let filled = read_csv(&to_csv(&series), "sample.csv", 30).expect("a series");
    assert!(filled.rows() > series.rows());
    // Only the one outage is too long to be filled.
    assert_eq!(filled.segments(STEP_MS).len(), 2);
}

#[test]
fn it_has_missing_cells_missing_rows_and_heavy_tails() {
    let series = sample(SEED, DAYS);
    let missing_rows = DAYS * 720 - series.rows();
    assert!((46..100).contains(&missing_rows), "{missing_rows}");
    for column in &series.columns {
        let missing = column.values.iter().filter(|v| v.is_nan()).count();
        let share = missing as f64 / series.rows() as f64;
        assert!((0.0005..0.004).contains(&share), "{}: {share}", column.name);
        let present = column.values.iter().filter(|v| !v.is_nan());
        assert!(present.clone().all(|&v| v >= 0.0), "{}", column.name);
    }
    for name in ["down", "up"] {
        let mut sorted: Vec<f64> = values(&series, name).iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let (median, largest) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
        assert!(sorted[0] > 0.0 && largest > 8.0 * median, "{name}: {median} {largest}");
    }
}

#[test]
fn a_linear_model_beats_persistence_by_far() {
    let (train, test) = split_last_fifth(sample(SEED, DAYS));
    let prepared = prepare(train, test, &PreprocessConfig::default()).expect("prepared");
    let scale = MinMax::fit(values(&prepared.train, "down")).expect("a range");
    let scaled = |series: &Series| -> Vec<f64> { values(series, "down").iter().map(|&v| scale.scale(v)).collect() };
    let (train, test) = (scaled(&prepared.train), scaled(&prepared.test));
    let weights = least_squares(&train);
    let forecast = |row: usize| {
        let lags = inputs(&test, row);
        lags.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>()
    };
    let persistence = rmse(&test, |row| test[row - 1]);
    let linear = rmse(&test, forecast);
    println!("persistence {persistence:.5}, linear {linear:.5}");
    assert!(linear < 0.92 * persistence, "{linear} {persistence}");
}

fn rmse(series: &[f64], forecast: impl Fn(usize) -> f64) -> f64 {
    let errors = (LAGS..series.len()).map(|row| forecast(row) - series[row]);
    let count = errors.len() as f64;
    (errors.map(|error| error * error).sum::<f64>() / count).sqrt()
}

/// A constant and the last ten values before `row`.
fn inputs(series: &[f64], row: usize) -> [f64; LAGS + 1] {
    std::array::from_fn(|lag| if lag == 0 { 1.0 } else { series[row - lag] })
}

/// Ordinary least squares on the ten last values, by the normal equations.
fn least_squares(series: &[f64]) -> [f64; LAGS + 1] {
    let mut system = [[0.0; LAGS + 2]; LAGS + 1];
    for row in LAGS..series.len() {
        let x = inputs(series, row);
        for (equation, a) in system.iter_mut().zip(x) {
            for (cell, b) in equation.iter_mut().zip(x) {
                *cell += a * b;
            }
            equation[LAGS + 1] += a * series[row];
        }
    }
    for pivot in 0..=LAGS {
        let row = system[pivot].map(|cell| cell / system[pivot][pivot]);
        for (index, equation) in system.iter_mut().enumerate() {
            let factor = equation[pivot];
            for (cell, value) in equation.iter_mut().zip(row) {
                *cell = if index == pivot { value } else { *cell - factor * value };
            }
        }
    }
    system.map(|equation| equation[LAGS + 1])
}
