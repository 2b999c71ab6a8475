//! The form with the smallest AICc, its smoothing by a search over at most four numbers.

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::nelder_mead::{INFEASIBLE, Search, minimise};
use crate::forecast::classical::work::Work;

use super::form::{Form, Season, Smoothing, Trend};
use super::start::{guess, refine};
use super::state::State;

/// Longest season that has indices of its own.
pub const SEASON_MAX: usize = 24;

/// Values at or below this, on values scaled to 1, have no relative error and no multiplicative season.
const POSITIVE_MIN: f64 = 1e-6;

/// Forms that are searched again from other starts.
const FINALISTS: usize = 3;

/// Where searches start: (level, trend, damping, season).
const STARTS: [(f64, f64, f64, f64); 3] = [(0.3, 0.1, 0.96, 0.1), (0.8, 0.01, 0.96, 0.5), (0.05, 0.03, 0.96, 0.3)];

/// A search ends when -2 log likelihood differs by less than this: a fraction of what one parameter costs.
const TOLERANCE: f64 = 0.02;

/// The same for the first search of every form.
const FIRST_TOLERANCE: f64 = 0.3;

/// Operations of one evaluation per row.
const OPERATIONS_PER_ROW: usize = 60;

/// What was found.
pub struct Found {
    pub form: Form,
    pub smoothing: Smoothing,
    /// The state after the last row.
    pub end: State,
    criterion: f64,
    free: Vec<f64>,
}

/// Searches all forms that the rows allow; `values` are scaled so that the largest is 1.
pub fn search(values: &[f64], season_rows: usize, work: &mut Work) -> Result<Option<Found>, MethodError> {
    let mut found: Vec<Found> = Vec::new();
    for form in forms(values, season_rows) {
        let first = smoothing(STARTS[0]).to_free(form);
        found.extend(search_form(values, season_rows, form, &first, FIRST_TOLERANCE, work)?);
    }
    found.sort_by(|a, b| a.criterion.total_cmp(&b.criterion));
    found.truncate(FINALISTS);
    let mut best: Option<Found> = None;
    for finalist in found {
        let form = finalist.form;
        let mut attempts = vec![finalist];
        for start in &STARTS[1..] {
            attempts.extend(search_form(values, season_rows, form, &smoothing(*start).to_free(form), TOLERANCE, work)?);
        }
        let again = attempts[0].free.clone();
        attempts.extend(search_form(values, season_rows, form, &again, TOLERANCE, work)?);
        for attempt in attempts {
            if best.as_ref().is_none_or(|best| attempt.criterion < best.criterion) {
                best = Some(attempt);
            }
        }
    }
    Ok(best)
}

fn smoothing((level, trend, damping, season): (f64, f64, f64, f64)) -> Smoothing {
    Smoothing { level, trend, damping, season }
}

/// Forms whose numbers the rows can estimate.
fn forms(values: &[f64], season_rows: usize) -> Vec<Form> {
    let positive = values.iter().all(|value| *value > POSITIVE_MIN);
    let seasonal = (2..=SEASON_MAX).contains(&season_rows) && values.len() >= 2 * season_rows + 2;
    let mut forms = Vec::new();
    for season in [Season::None, Season::Additive, Season::Multiplicative] {
        if (season != Season::None && !seasonal) || (season == Season::Multiplicative && !positive) {
            continue;
        }
        for trend in [Trend::None, Trend::Additive, Trend::Damped] {
            let errors: &[bool] = match season {
                Season::None if positive => &[false, true],
                Season::None | Season::Additive => &[false],
                Season::Multiplicative => &[true],
            };
            let with_error = |relative_error: &bool| Form { trend, season, relative_error: *relative_error };
            forms.extend(errors.iter().map(with_error));
        }
    }
    forms.retain(|form| form.parameters(season_rows) + 1 < values.len());
    forms
}

fn search_form(
    values: &[f64],
    season_rows: usize,
    form: Form,
    start: &[f64],
    tolerance: f64,
    work: &mut Work,
) -> Result<Option<Found>, MethodError> {
    let guess = guess(form, season_rows, values);
    let search = Search {
        step: 0.7,
        tolerance,
        iterations: if values.len() > 800 { 25 } else { 40 } * form.smoothing_parameters(),
        operations: values.len() * OPERATIONS_PER_ROW,
    };
    let loss = |free: &[f64]| {
        refine(form, &Smoothing::from_free(form, free), &guess, values).map_or(INFEASIBLE, |(_, _, value)| value)
    };
    let minimum = minimise(loss, start, search, work)?;
    let smoothing = Smoothing::from_free(form, &minimum.at);
    let Some((_, end, value)) = refine(form, &smoothing, &guess, values) else { return Ok(None) };
    let (rows, parameters) = (values.len() as f64, form.parameters(season_rows) as f64);
    let criterion = value + 2.0 * parameters + 2.0 * parameters * (parameters + 1.0) / (rows - parameters - 1.0);
    Ok(Some(Found { form, smoothing, end, criterion, free: minimum.at }))
}
