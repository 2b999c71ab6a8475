//! The rolling origins that all contestants of a round are scored on, the steps ahead that are scored, and what errors are measured by.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::forecast::data::{Series, Steps, sha256_hex};

use super::yardstick::TargetYardstick;

/// Most origins: they are spread evenly over the test part.
const ORIGINS_MAX: usize = 500;
/// Steps ahead that are scored, besides one season.
const STEPS: [usize; 4] = [1, 5, 15, 30];
/// The longest horizon that a request may ask for; no step beyond it is scored.
const STEP_MAX: usize = 10_000;
const DAY_MS: i64 = 86_400_000;

/// The rolling origins of a round, and the steps that are scored from each.
#[derive(Clone, Debug)]
pub struct TestOrigins {
    /// First forecast row of each origin: indices into the test part, rising.
    pub rows: Vec<usize>,
    /// Steps ahead that are scored, rising.
    pub steps: Vec<usize>,
    /// SHA-256 of what the scores depend on besides the model: targets, train scale, steps, times and truth.
    pub hash: String,
    /// By target; none where the train part has no value of one.
    pub(super) yardsticks: Option<Vec<TargetYardstick>>,
    /// Origins x steps x targets; NaN where nothing was measured or a gap lies between.
    pub(super) truth: Vec<f64>,
}

impl TestOrigins {
    /// Evenly spread origins whose first row was measured in every target. A step is at most half of the test part.
    pub fn of(train: &Series, test: &Series, imputed_test: &BTreeMap<String, Vec<u32>>, targets: &[String]) -> Self {
        let series_steps = train.steps().or_else(|| test.steps()).unwrap_or_else(|| Steps::from(0));
        let season = season_rows(series_steps.step_ms(), train.rows());
        let steps = steps(test.rows(), season);
        let measured = measured(test, imputed_test, targets);
        let whole = |row: &usize| measured.iter().all(|column| column[*row].is_finite());
        let rows: Vec<usize> = (0..test.rows()).filter(whole).collect();
        let rows = spread(&rows, ORIGINS_MAX);
        let ends = by_segment(test, series_steps, |segment| segment.end);
        let mut truth = Vec::with_capacity(rows.len() * steps.len() * targets.len());
        for row in &rows {
            for step in &steps {
                let at = row + step - 1;
                let is_there = at < ends[*row];
                truth.extend(measured.iter().map(|column| if is_there { column[at] } else { f64::NAN }));
            }
        }
        let starts = by_segment(train, series_steps, |segment| segment.start);
        let yardstick = |target: &String| {
            let values = train.column(target)?.values.as_slice();
            TargetYardstick::of(values, &starts, &steps, season)
        };
        let yardsticks = targets.iter().map(yardstick).collect();
        let mut origins = Self { rows, steps, hash: String::new(), yardsticks, truth };
        origins.hash = origins.hashed(test, targets);
        origins
    }

    /// Origins in a row whose forecasts overlap.
    pub fn overlap(&self) -> usize {
        let Some((first, last)) = self.rows.first().zip(self.rows.last()) else { return 0 };
        let apart = ((last - first) / self.rows.len()).max(1);
        self.horizon().div_ceil(apart)
    }

    /// The longest step.
    pub(super) fn horizon(&self) -> usize {
        self.steps.last().copied().unwrap_or(1)
    }

    /// Steps x targets: what was measured after the origin of this place.
    pub(super) fn truth(&self, origin: usize, targets: usize) -> &[f64] {
        let cells = self.steps.len() * targets;
        &self.truth[origin * cells..(origin + 1) * cells]
    }

    fn hashed(&self, test: &Series, targets: &[String]) -> String {
        let mut bytes = Vec::new();
        for target in targets {
            bytes.extend(target.as_bytes());
            bytes.push(0);
        }
        for yardstick in self.yardsticks.iter().flatten() {
            bytes.extend(format!("{yardstick:?}").bytes());
        }
        for step in &self.steps {
            bytes.extend((*step as u64).to_le_bytes());
        }
        for row in &self.rows {
            bytes.extend(test.times_ms[*row].to_le_bytes());
        }
        for truth in &self.truth {
            bytes.extend(truth.to_bits().to_le_bytes());
        }
        sha256_hex(&bytes)
    }
}

/// Rows of a season: a day, where it is a whole number of steps and the train part holds two.
fn season_rows(step_ms: i64, train_rows: usize) -> Option<usize> {
    let rows = (step_ms > 0 && DAY_MS % step_ms == 0).then(|| (DAY_MS / step_ms) as usize);
    rows.filter(|rows| *rows > 1 && train_rows >= 2 * rows)
}

fn steps(test_rows: usize, season: Option<usize>) -> Vec<usize> {
    let most = (test_rows / 2).clamp(1, STEP_MAX);
    let mut steps: Vec<usize> = STEPS.into_iter().chain(season).map(|step| step.min(most)).collect();
    steps.sort_unstable();
    steps.dedup();
    steps
}

/// The targets' columns of the test part; NaN where a value was imputed.
fn measured(test: &Series, imputed_test: &BTreeMap<String, Vec<u32>>, targets: &[String]) -> Vec<Vec<f64>> {
    let column = |target: &String| {
        let mut values =
            test.column(target).map_or_else(|| vec![f64::NAN; test.rows()], |column| column.values.clone());
        for row in imputed_test.get(target).into_iter().flatten() {
            if let Some(value) = values.get_mut(*row as usize) {
                *value = f64::NAN;
            }
        }
        values
    };
    targets.iter().map(column).collect()
}

/// By row: a bound of the run without a gap that it is in.
fn by_segment(series: &Series, steps: Steps, bound: impl Fn(&Range<usize>) -> usize) -> Vec<usize> {
    let segments = series.segments(steps);
    segments.into_iter().flat_map(|segment| std::iter::repeat_n(bound(&segment), segment.len())).collect()
}

/// At most `most` of the items, evenly spread, the first one among them.
fn spread(items: &[usize], most: usize) -> Vec<usize> {
    let count = items.len().min(most);
    (0..count).map(|place| items[place * items.len() / count]).collect()
}
