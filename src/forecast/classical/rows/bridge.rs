//! The rows of a request joined to the rows that the fit ended with, so that every method answers from a few rows and knows the season.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::statistics::median;
use crate::forecast::data::Steps;

use super::gaps::fill_gaps;
use super::history::History;
use super::level_shift::settle_level;
use super::outliers::without_outliers;
use super::target_rows::Rows;

/// A gap up to a season, or up to this many rows, is filled; across a longer one the fit's rows are moved by whole seasons.
const FILLED_ROWS_MAX: i64 = 30;

/// The rows that a fit ended with, as they are stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// Time of the last row, in epoch milliseconds.
    last_ms: i64,
    /// Rows of the fit before these.
    first_row: i64,
    values: Vec<f64>,
    /// Their future is cut off.
    known: Vec<Vec<f64>>,
}

/// Rows, and where they lie.
struct Placed {
    rows: Rows,
    /// Rows from the first row of the fit to the first one here.
    first_row: i64,
}

impl Tail {
    /// The last rows of a history that was fitted on.
    pub fn of(history: &History, rows_max: usize) -> Tail {
        let last = history.last_rows(rows_max);
        let rows = last.rows();
        let known = last.known.into_iter().map(|mut column| {
            column.truncate(rows);
            column
        });
        Tail {
            last_ms: last.times_ms.last().copied().unwrap_or(0),
            first_row: last.first_row,
            known: known.collect(),
            values: last.values,
        }
    }

    fn placed(&self, steps: Steps) -> Placed {
        let back = (0..self.values.len() as i64).rev();
        let times_ms = back.map(|rows| steps.after(self.last_ms, -rows)).collect();
        let rows = Rows { steps, times_ms, values: self.values.clone(), known: self.known.clone() };
        Placed { rows, first_row: self.first_row }
    }
}

/// One run of rows that ends with the request's last row: at most `rows_max`, gaps filled, outliers left out.
///
/// * Rows that overlap or follow the fit's are joined to them; a gap up to one season (at least 30 rows) is filled.
/// * Across a longer gap the fit's rows are moved forward by whole seasons and shifted to the level of the request's rows; then the rows
///   do not run on from the fit.
/// * A level that jumped after the fit is the level of all rows.
///
/// # Errors
/// [`MethodError::Rows`] where the rows do not fit each other or the model.
pub fn joined(tail: &Tail, season: Option<usize>, request: &Rows, rows_max: usize) -> Result<History, MethodError> {
    request.check().map_err(|error| MethodError::Rows(error.to_string()))?;
    if request.known.len() != tail.known.len() {
        return Err(MethodError::Rows(format!(
            "{} known columns sent, the model was fitted with {}",
            request.known.len(),
            tail.known.len()
        )));
    }
    let request = &request.last_rows(rows_max);
    let tail = tail.placed(request.steps);
    let (joint, fitted_rows) = match tail.rows.times_ms.last() {
        Some(end_ms) if request.times_ms[0] > *end_ms => follow(&tail, season, request, *end_ms),
        _ => overlap(&tail, request),
    };
    let values = fill_gaps(&without_outliers(&joint.rows.values), season);
    if let Some(row) = values.iter().position(|value| !value.is_finite()) {
        return Err(MethodError::Rows(format!("row {row} has no number")));
    }
    let mut history = History::new(joint.rows.steps, joint.rows.times_ms, values, joint.rows.known);
    history.first_row = joint.first_row;
    history.fitted_rows = fitted_rows;
    let mut history = history.last_rows(rows_max);
    if settle_level(&mut history.values, history.fitted_rows.unwrap_or(0), season.unwrap_or(1)).is_some() {
        // the state of the fit is at the old level
        history.fitted_rows = None;
    }
    Ok(history)
}

/// The request begins within the fit's rows or before them.
fn overlap(tail: &Placed, request: &Rows) -> (Placed, Option<usize>) {
    let before = tail.rows.times_ms.partition_point(|time_ms| *time_ms < request.times_ms[0]);
    let place = tail.rows.times_ms.last().and_then(|end_ms| request.times_ms.binary_search(end_ms).ok());
    let fitted_rows = place.map(|place| before + place + 1);
    let first_row = match (before, tail.rows.times_ms.first()) {
        (0, Some(first_ms)) => tail.first_row - request.steps.between(request.times_ms[0], *first_ms),
        _ => tail.first_row,
    };
    (Placed { rows: concat(&tail.rows, before, 0, request), first_row }, fitted_rows)
}

/// The request begins after the fit's rows.
fn follow(tail: &Placed, season: Option<usize>, request: &Rows, end_ms: i64) -> (Placed, Option<usize>) {
    let steps = request.steps;
    let missing = (steps.between(end_ms, request.times_ms[0]) - 1).max(0);
    let season = season.unwrap_or(1) as i64;
    let rows = tail.rows.len();
    if missing <= season.max(FILLED_ROWS_MAX) {
        let joint = concat(&tail.rows, rows, missing as usize, request);
        return (Placed { rows: joint, first_row: tail.first_row }, Some(rows));
    }
    let moved = missing - missing % season;
    let left = (missing - moved) as usize;
    let mut earlier = tail.rows.clone();
    earlier.times_ms.iter_mut().for_each(|time_ms| *time_ms = steps.after(*time_ms, moved));
    shift_level(&mut earlier.values, &request.values, season as usize, left);
    let joint = concat(&earlier, rows, left, request);
    (Placed { rows: joint, first_row: tail.first_row + moved }, None)
}

/// Moves the level of the earlier rows to that of the request, phase by phase; by a factor where everything is positive.
fn shift_level(earlier: &mut [f64], request: &[f64], season: usize, left: usize) {
    let rows = earlier.len();
    if rows < season {
        return;
    }
    let pairs: Vec<(f64, f64)> = request
        .iter()
        .take(season.max(FILLED_ROWS_MAX as usize))
        .enumerate()
        .map(|(row, value)| (*value, earlier[rows - season + (left + row) % season]))
        .filter(|(now, _)| now.is_finite())
        .collect();
    if pairs.is_empty() {
        return;
    }
    let positive = earlier.iter().all(|value| *value > 0.0) && pairs.iter().all(|(now, _)| *now > 0.0);
    if positive {
        let factor = median(&pairs.iter().map(|(now, then)| now / then).collect::<Vec<_>>());
        earlier.iter_mut().for_each(|value| *value *= factor);
    } else {
        let offset = median(&pairs.iter().map(|(now, then)| now - then).collect::<Vec<_>>());
        earlier.iter_mut().for_each(|value| *value += offset);
    }
}

/// The first `before` earlier rows, `missing` empty rows, the request.
fn concat(earlier: &Rows, before: usize, missing: usize, request: &Rows) -> Rows {
    let mut times_ms = earlier.times_ms[..before].to_vec();
    let first_ms = request.times_ms[0];
    times_ms.extend((1..=missing).rev().map(|back| request.steps.after(first_ms, -(back as i64))));
    times_ms.extend(&request.times_ms);
    let mut values = earlier.values[..before].to_vec();
    values.resize(before + missing, f64::NAN);
    values.extend(&request.values);
    let known = earlier.known.iter().zip(&request.known).map(|(earlier, later)| {
        let mut column = earlier[..before].to_vec();
        // a known column has no value in a gap that nobody sent: the last one is held
        let held = column.last().or(later.first()).copied().unwrap_or(0.0);
        column.resize(before + missing, held);
        column.extend(later);
        column
    });
    Rows { steps: request.steps, known: known.collect(), times_ms, values }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(from: i64, count: i64, value: impl Fn(i64) -> f64) -> Rows {
        let range = from..from + count;
        Rows::new(
            Steps::from(3_600_000),
            range.clone().map(|row| row * 3_600_000).collect(),
            range.map(value).collect(),
        )
    }

    fn tail() -> Tail {
        let rows = rows(0, 100, |row| (row % 24) as f64 + 1.0);
        Tail::of(&History::new(rows.steps, rows.times_ms, rows.values, Vec::new()), 100)
    }

    #[test]
    fn rows_that_overlap_the_fit_are_joined_to_it() {
        let request = rows(90, 30, |row| (row % 24) as f64 + 1.0);
        let history = joined(&tail(), Some(24), &request, 2_000).expect("joined");
        assert_eq!(history.rows(), 120);
        assert_eq!(history.fitted_rows, Some(100));
        assert_eq!(history.rows_since_fit().map(<[f64]>::len), Some(20));
        assert!(history.values.iter().enumerate().all(|(row, value)| *value == (row % 24) as f64 + 1.0));
    }

    #[test]
    fn a_short_gap_is_filled_with_the_season() {
        let request = rows(112, 10, |row| (row % 24) as f64 + 1.0);
        let history = joined(&tail(), Some(24), &request, 2_000).expect("joined");
        assert_eq!(history.rows(), 122);
        assert_eq!(history.fitted_rows, Some(100));
        assert!((history.values[105] - (105 % 24) as f64 - 1.0).abs() < 1e-9, "{}", history.values[105]);
    }

    #[test]
    fn across_a_long_gap_the_fit_is_moved_by_whole_seasons_and_to_the_level() {
        let request = rows(1_000, 30, |row| 3.0 * ((row % 24) as f64 + 1.0));
        let history = joined(&tail(), Some(24), &request, 2_000).expect("joined");
        assert_eq!(history.fitted_rows, None);
        let last_row = history.first_row + history.rows() as i64 - 1;
        assert_eq!(last_row, 1_029);
        for (at, value) in history.values.iter().enumerate() {
            let row = history.first_row + at as i64;
            assert!((value - 3.0 * ((row % 24) as f64 + 1.0)).abs() < 1e-9, "row {row}: {value}");
        }
    }

    #[test]
    fn long_requests_stand_alone() {
        let request = rows(50, 200, |row| row as f64);
        let history = joined(&tail(), None, &request, 120).expect("joined");
        assert_eq!((history.rows(), history.first_row, history.fitted_rows), (120, 130, None));
    }
}
