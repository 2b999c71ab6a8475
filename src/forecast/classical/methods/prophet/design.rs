//! The columns of the regression at a time: trend, seasons, holidays, known columns.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::statistics::{mean, variance};
use crate::forecast::classical::rows::History;

use super::holidays::Holiday;
use super::settings::{ProphetSettings, Seasonality};
use super::trend::TrendBasis;

/// A known column: numbers are standardised, marks of 0 and 1 stay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct KnownScale {
    mean: f64,
    deviation: f64,
}

/// Which columns a model has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Design {
    trend: TrendBasis,
    seasons: Vec<Seasonality>,
    holidays: Vec<Holiday>,
    known: Vec<KnownScale>,
}

impl Design {
    /// The columns that settings and rows give.
    pub fn of(history: &History, settings: &ProphetSettings) -> Result<Design, MethodError> {
        let known = history.known.iter().enumerate().map(|(place, column)| {
            let column = &column[..history.rows()];
            if column.iter().any(|value| !value.is_finite()) {
                return Err(MethodError::Data(format!("known column {place} has a missing cell")));
            }
            let marks = column.iter().all(|value| *value == 0.0 || *value == 1.0);
            let deviation = variance(column).sqrt();
            let plain = marks || deviation <= 0.0;
            let (mean, deviation) = if plain { (0.0, 1.0) } else { (mean(column), deviation) };
            Ok(KnownScale { mean, deviation })
        });
        let walls_ms: Vec<i64> = (0..history.rows()).map(|row| history.wall_ms(row)).collect();
        Ok(Design {
            trend: TrendBasis::of(&walls_ms, settings),
            seasons: settings.seasons(&history.times_ms),
            holidays: settings.holidays.clone(),
            known: known.collect::<Result<_, _>>()?,
        })
    }

    /// Columns of the trend, the first ones.
    pub fn trend_columns(&self) -> usize {
        self.trend.columns()
    }

    /// The prior's deviation of every column behind the trend's.
    pub fn term_deviations(&self, settings: &ProphetSettings) -> Vec<f64> {
        let seasons = self.seasons.iter().map(Seasonality::columns).sum::<usize>();
        let others = self.holidays.iter().map(Holiday::columns).sum::<usize>() + self.known.len();
        let mut deviations = vec![settings.seasonality_prior_scale; seasons];
        deviations.resize(seasons + others, settings.holidays_prior_scale);
        deviations
    }

    /// All columns.
    pub fn columns(&self) -> usize {
        let seasons = self.seasons.iter().map(Seasonality::columns).sum::<usize>();
        let holidays = self.holidays.iter().map(Holiday::columns).sum::<usize>();
        self.trend.columns() + seasons + holidays + self.known.len()
    }

    /// Appends the columns at a time of the local clock; `known` answers with the cell of a known column.
    pub fn push(&self, wall_ms: i64, known: impl Fn(usize) -> f64, row: &mut Vec<f64>) {
        self.trend.push(wall_ms, row);
        for season in &self.seasons {
            season.push(wall_ms, row);
        }
        for holiday in &self.holidays {
            holiday.push(wall_ms, row);
        }
        for (place, scale) in self.known.iter().enumerate() {
            row.push((known(place) - scale.mean) / scale.deviation);
        }
    }

    /// Refuses a history without the known columns of the next steps.
    pub fn check_known(&self, history: &History, steps: usize) -> Result<(), MethodError> {
        let lacks =
            |place: &usize| history.known.get(*place).is_none_or(|column| column.len() < history.rows() + steps);
        match (0..self.known.len()).find(lacks) {
            None => Ok(()),
            Some(place) => {
                Err(MethodError::Rows(format!("known column {place} ends before the {steps} steps of the forecast do")))
            }
        }
    }
}
