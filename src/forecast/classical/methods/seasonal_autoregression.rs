//! The value a season ago plus an autoregression of how far the rows are from a season ago.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::rows::History;
use crate::forecast::classical::work::Work;

use super::autoregression::Autoregression;
use super::setup::Setup;

/// Fewest rows beyond the first season.
const DIFFERENCES_MIN: usize = 8;

/// The value of the longest season ago, corrected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeasonalAutoregression {
    season: usize,
    differences: Autoregression,
}

impl SeasonalAutoregression {
    /// Fits the autoregression on the differences from a season ago.
    ///
    /// # Errors
    /// [`MethodError::Data`] where no season fits into the rows, [`MethodError::Cancelled`].
    pub fn fit(history: &History, setup: &Setup, work: &mut Work) -> Result<SeasonalAutoregression, MethodError> {
        let fitting = setup.seasons.iter().rev().find(|season| history.rows() >= *season + DIFFERENCES_MIN);
        let Some(season) = fitting.copied() else {
            return Err(MethodError::Data(format!("the {} rows hold no whole season", history.rows())));
        };
        let differences = Autoregression::fit(&differences(&history.values, season), work)?;
        Ok(SeasonalAutoregression { season, differences })
    }

    /// Whether it has a season.
    pub fn is_sound(&self) -> bool {
        self.season > 0
    }

    /// A season ago, plus the differences' own forecast; the last value where there is less than a season.
    pub fn forecast(&self, history: &History, steps: usize) -> Vec<f64> {
        if history.rows() <= self.season {
            return vec![history.last(); steps];
        }
        let changes = self.differences.forecast(&differences(&history.values, self.season), steps);
        let mut values = history.values.clone();
        for change in changes {
            values.push(values[values.len() - self.season] + change);
        }
        values.split_off(history.rows())
    }
}

fn differences(values: &[f64], season: usize) -> Vec<f64> {
    values[season..].iter().zip(values).map(|(now, then)| now - then).collect()
}
