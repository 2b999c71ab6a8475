//! A fitted Theta model and its forecast.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::methods::seasonal_naive::steadiest_season;
use crate::forecast::classical::methods::setup::Setup;
use crate::forecast::classical::numeric::nelder_mead::{Search, minimise};
use crate::forecast::classical::rows::History;
use crate::forecast::classical::work::Work;

use super::deseasonalised::SeasonIndices;
use super::state::{ThetaParameters, ThetaState};

/// Fewest rows.
const ROWS_MIN: usize = 4;

/// Rows whose errors do not count: the line needs two to exist.
const ROWS_NOT_COUNTED: usize = 2;

/// Operations of one evaluation per row.
const OPERATIONS_PER_ROW: usize = 60;

/// A fitted model: its parameters, its season, and the state after the fit's last row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Theta {
    parameters: ThetaParameters,
    season: Option<SeasonIndices>,
    /// Rows of the fit.
    rows: usize,
    end: ThetaState,
}

impl Theta {
    /// Fits with the steadiest season, if the values have one.
    ///
    /// # Errors
    /// [`MethodError::Data`] below four rows, [`MethodError::Cancelled`].
    pub fn fit(history: &History, setup: &Setup, work: &mut Work) -> Result<Theta, MethodError> {
        let season = steadiest_season(&history.values, &setup.seasons).unwrap_or(1);
        Theta::fit_values(&history.values, season, work)
    }

    /// Fits values, with a season of `season_rows` (1 is none).
    ///
    /// # Errors
    /// As [`Theta::fit`].
    pub fn fit_values(values: &[f64], season_rows: usize, work: &mut Work) -> Result<Theta, MethodError> {
        if values.len() < ROWS_MIN {
            return Err(MethodError::Data(format!("THETA needs {ROWS_MIN} rows, there are {}", values.len())));
        }
        let season = SeasonIndices::of(values, season_rows);
        let adjusted = season.as_ref().map_or_else(|| values.to_vec(), |season| season.without(values, 0));
        let parameters_of = |free: &[f64]| ThetaParameters {
            smoothing: (1.0 / (1.0 + (-free[0]).exp())).clamp(0.01, 0.99),
            theta: 1.0 + free[1].min(50.0).exp(),
        };
        // the log of the squared errors is searched: its differences have a size
        let search = Search {
            step: 0.7,
            tolerance: 1e-6,
            iterations: if values.len() > 800 { 60 } else { 100 },
            operations: OPERATIONS_PER_ROW * values.len(),
        };
        let found =
            minimise(|free| followed(&parameters_of(free), &adjusted).1.max(1e-300).ln(), &[0.0, 0.0], search, work)?;
        let parameters = parameters_of(&found.at);
        let (end, _) = followed(&parameters, &adjusted);
        Ok(Theta { parameters, season, rows: values.len(), end })
    }

    /// Filters the state along the rows after the fit, or starts it anew where the rows do not run on from the fit.
    pub fn forecast(&self, history: &History, steps: usize) -> Vec<f64> {
        match history.rows_since_fit() {
            Some(rows) => self.forecast_after(rows, steps),
            None => self.forecast_anew(&history.values, steps),
        }
    }

    /// The forecast after rows that follow the fit's last one.
    pub fn forecast_after(&self, rows: &[f64], steps: usize) -> Vec<f64> {
        let mut state = self.end.clone();
        for (row, value) in rows.iter().enumerate() {
            let index = self.season.as_ref().map(|season| (season.kind, season.at(self.rows + row)));
            let adjusted = index.map_or(*value, |(kind, index)| kind.without(*value, index));
            state.observe(&self.parameters, adjusted);
        }
        self.continued(state, self.season.as_ref(), self.rows + rows.len(), steps)
    }

    /// The forecast after any rows: parameters as fitted, season and start estimated on these rows.
    pub fn forecast_anew(&self, values: &[f64], steps: usize) -> Vec<f64> {
        let season_rows = self.season.as_ref().map(|season| season.indices.len());
        let long_enough = season_rows.filter(|rows| values.len() >= 2 * rows + 2);
        let season = long_enough.map(|rows| SeasonIndices::estimated(values, rows));
        let adjusted = season.as_ref().map_or_else(|| values.to_vec(), |season| season.without(values, 0));
        let (end, _) = followed(&self.parameters, &adjusted);
        self.continued(end, season.as_ref(), values.len(), steps)
    }

    /// Whether its parts fit each other.
    pub fn is_sound(&self) -> bool {
        self.season.as_ref().is_none_or(|season| !season.indices.is_empty())
    }

    /// The next steps after `rows` rows; each forecast is observed as the next row.
    fn continued(&self, mut state: ThetaState, season: Option<&SeasonIndices>, rows: usize, steps: usize) -> Vec<f64> {
        (0..steps)
            .map(|step| {
                let value = state.next(&self.parameters);
                state.observe(&self.parameters, value);
                season.map_or(value, |season| season.kind.with(value, season.at(rows + step)))
            })
            .collect()
    }
}

/// The state after values, and the sum of squared errors, with the first level that makes it smallest.
fn followed(parameters: &ThetaParameters, values: &[f64]) -> (ThetaState, f64) {
    let first = values.first().copied().unwrap_or(0.0);
    let mut state = ThetaState::before(0.0, first);
    // the errors are linear in the first level: error = error at level 0 - level x what is left of it
    let (mut square, mut cross, mut left_square) = (0.0, 0.0, 0.0);
    for (row, value) in values.iter().enumerate() {
        let error = value - state.next(parameters);
        let left = state.left();
        if row >= ROWS_NOT_COUNTED {
            square += error * error;
            cross += error * left;
            left_square += left * left;
        }
        state.observe(parameters, *value);
    }
    let level = if left_square > 1e-12 { cross / left_square } else { first };
    let smallest = (square - 2.0 * level * cross + level * level * left_square).max(0.0);
    (state.with_first_level(level), smallest)
}
