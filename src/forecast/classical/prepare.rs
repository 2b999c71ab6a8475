//! From rows as a caller has them to the history that a fit computes on: outliers out, gaps filled, seasons found.

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::rows::{History, Rows, fill_gaps, without_outliers};
use crate::forecast::classical::seasons::find_seasons;

/// Fewest rows of a fit.
const ROWS_MIN: usize = 2;

/// Rows, the last ones, that a fit looks at; no method uses more.
const ROWS_KEPT: usize = 100_000;

/// A history with its seasons.
pub struct Prepared {
    /// Regular, finite rows.
    pub history: History,
    /// In rows, the shortest first.
    pub seasons: Vec<usize>,
    /// Whether no value is negative.
    pub non_negative: bool,
}

/// Prepares train rows; `seasons` overrides the search.
pub fn prepare(rows: &Rows, seasons: Option<&[usize]>) -> Result<Prepared, MethodError> {
    rows.check()?;
    if rows.len() < ROWS_MIN {
        return Err(MethodError::Data(format!("a fit needs {ROWS_MIN} rows, there are {}", rows.len())));
    }
    let from = rows.len().saturating_sub(ROWS_KEPT);
    let times_ms = &rows.times_ms[from..];
    if rows.values[from..].iter().all(|value| value.is_nan()) {
        return Err(MethodError::Data(format!("the last {ROWS_KEPT} rows have no value")));
    }
    let cleaned = without_outliers(&rows.values[from..]);
    let straight = fill_gaps(&cleaned, None);
    let seasons = match seasons {
        Some(given) => {
            let mut given: Vec<usize> = given.iter().copied().filter(|season| *season > 1).collect();
            given.sort_unstable();
            given.dedup();
            given
        }
        None => find_seasons(times_ms, &straight, rows.steps.step()),
    };
    let filled = match seasons.last() {
        Some(season) => fill_gaps(&cleaned, Some(*season)),
        None => straight,
    };
    let non_negative = filled.iter().all(|value| *value >= 0.0);
    let known = rows.known.iter().map(|column| column[from..].to_vec()).collect();
    let history = History::new(rows.steps, times_ms.to_vec(), filled, known);
    Ok(Prepared { history, seasons, non_negative })
}
