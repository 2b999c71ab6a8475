//! The value a season ago; of several seasons the one that changed least from cycle to cycle.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::rows::History;

use super::setup::Setup;

/// The value a season ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeasonalNaive {
    /// Rows of the season.
    pub season: usize,
}

impl SeasonalNaive {
    /// Chooses the season.
    ///
    /// # Errors
    /// [`MethodError::Data`] where no season fits into the rows.
    pub fn fit(history: &History, setup: &Setup) -> Result<SeasonalNaive, MethodError> {
        match steadiest_season(&history.values, &setup.seasons) {
            Some(season) => Ok(SeasonalNaive { season }),
            None => Err(MethodError::Data(format!("the {} rows hold no whole season", history.rows()))),
        }
    }

    /// Whether it has a season.
    pub fn is_sound(&self) -> bool {
        self.season > 0
    }

    /// The last season, again and again; the last value where there is less than a season.
    pub fn forecast(&self, history: &History, steps: usize) -> Vec<f64> {
        (0..steps).map(|step| season_ago(&history.values, self.season, step)).collect()
    }
}

/// The value at the same phase of the last season, `step` rows (0 is the first) after the values.
pub(super) fn season_ago(values: &[f64], season: usize, step: usize) -> f64 {
    let last = values.last().copied().unwrap_or(0.0);
    values.len().checked_sub(season).map_or(last, |from| values[from + step % season])
}

/// The season with the smallest mean change from one cycle to the next.
pub(super) fn steadiest_season(values: &[f64], seasons: &[usize]) -> Option<usize> {
    let longest = seasons.iter().copied().filter(|season| *season < values.len()).max()?;
    let change = |season: usize| {
        // the same rows for every season
        (longest..values.len()).map(|row| (values[row] - values[row - season]).abs()).sum::<f64>()
    };
    let fitting = seasons.iter().copied().filter(|season| *season < values.len());
    fitting.min_by(|a, b| change(*a).total_cmp(&change(*b)))
}
