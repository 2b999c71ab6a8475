//! The state before the first row: season and line of the early rows, then level and slope by least squares over all rows.

use crate::forecast::classical::numeric::phase_means::{SeasonKind, phase_means};
use crate::forecast::classical::numeric::statistics::{line, mean};

use super::form::{Form, Season, Smoothing, Trend};
use super::state::{Likelihood, State};

/// Seasons, the first ones, that the indices are the mean of.
const CYCLES: usize = 8;

/// How far the start is moved to see what it does to the errors.
const NUDGE: f64 = 1e-3;

/// A first guess from the early rows.
pub fn guess(form: Form, season_rows: usize, values: &[f64]) -> State {
    let kind = match form.season {
        Season::None => None,
        Season::Additive => Some(SeasonKind::Additive),
        Season::Multiplicative => Some(SeasonKind::Multiplicative),
    };
    let early = &values[..values.len().min(season_rows * CYCLES)];
    let season = kind.map_or_else(Vec::new, |kind| phase_means(early, season_rows, kind));
    let rows = values.len().min((2 * season_rows).max(10));
    let adjusted: Vec<f64> = values[..rows]
        .iter()
        .enumerate()
        .map(|(row, value)| match kind {
            Some(kind) => kind.without(*value, season[row % season_rows]),
            None => *value,
        })
        .collect();
    let (level, slope) = match form.trend {
        Trend::None => (mean(&adjusted), 0.0),
        _ => {
            let (start, slope) = line(&adjusted);
            (start - slope, slope)
        }
    };
    State { level, slope, season, phase: 0 }
}

/// Level and slope that make the errors of all rows smallest; exact where the errors are linear in them, one Gauss-Newton step elsewhere.
/// Answers with the start, the state after the last row, and -2 log likelihood; none where the form does not suit the rows.
pub fn refine(form: Form, smoothing: &Smoothing, start: &State, values: &[f64]) -> Option<(State, State, f64)> {
    let trend = form.trend != Trend::None;
    let mut base = start.clone();
    let mut raised = State { level: start.level + NUDGE, ..start.clone() };
    let mut steeper = State { slope: start.slope + NUDGE, ..start.clone() };
    let mut fit = Likelihood::default();
    // normal equations of the errors over (level, slope)
    let (mut ll, mut ls, mut ss, mut le, mut se) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for value in values {
        let (forecast, error) = base.step(form, smoothing, *value);
        fit.add(form, forecast, error);
        let weight = if form.relative_error { 1.0 / (forecast * forecast).max(1e-12) } else { 1.0 };
        let of_level = (error - raised.step(form, smoothing, *value).1) / NUDGE;
        ll += weight * of_level * of_level;
        le += weight * of_level * error;
        if trend {
            let of_slope = (error - steeper.step(form, smoothing, *value).1) / NUDGE;
            ls += weight * of_level * of_slope;
            ss += weight * of_slope * of_slope;
            se += weight * of_slope * error;
        }
    }
    let before = fit.value(values.len()).map(|value| (start.clone(), base, value));
    let (level, slope) = solution(ll, ls, ss, le, se, trend);
    let moved = State { level: start.level + level, slope: start.slope + slope, ..start.clone() };
    let mut end = moved.clone();
    let after = end.filter(form, smoothing, values).map(|value| (moved, end, value));
    match (before, after) {
        (Some(before), Some(after)) => Some(if after.2 <= before.2 { after } else { before }),
        (before, after) => before.or(after),
    }
}

/// The least-squares move of level and slope.
fn solution(ll: f64, ls: f64, ss: f64, le: f64, se: f64, trend: bool) -> (f64, f64) {
    if ll <= 0.0 {
        return (0.0, 0.0);
    }
    let determinant = ll * ss - ls * ls;
    if !trend || determinant <= 1e-12 * ll * ss {
        return (le / ll, 0.0);
    }
    ((le * ss - se * ls) / determinant, (se * ll - le * ls) / determinant)
}
