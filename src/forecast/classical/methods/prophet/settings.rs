//! How Prophet is set up: the names and defaults of the original.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::error::MethodError;
use crate::forecast::classical::numeric::days::DAY_MS;

use super::holidays::Holiday;

/// The trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Growth {
    /// A line with changepoints.
    Linear,
    /// A constant.
    Flat,
}

/// How terms act on the trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermMode {
    /// They are added.
    Additive,
    /// They multiply.
    Multiplicative,
}

/// Whether a season of the calendar is in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeasonOrder {
    /// If the rows are long and dense enough.
    Auto,
    /// It is not.
    Off,
    /// With so many harmonics.
    Harmonics(usize),
}

/// A season of any length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seasonality {
    /// Days.
    pub period_days: f64,
    /// Harmonics.
    pub harmonics: usize,
}

/// How Prophet is set up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProphetSettings {
    /// The trend.
    pub growth: Growth,
    /// Places where the trend may turn (`N_CHANGEPOINTS`).
    pub changepoints: usize,
    /// Share of the rows, the first ones, that the changepoints lie in (`CHANGEPOINT_RANGE`).
    pub changepoint_range: f64,
    /// Scale of the changes of slope (`CHANGEPOINT_PRIOR_SCALE`).
    pub changepoint_prior_scale: f64,
    /// The season of a year (`YEARLY_SEASONALITY`).
    pub yearly: SeasonOrder,
    /// The season of a week (`WEEKLY_SEASONALITY`).
    pub weekly: SeasonOrder,
    /// The season of a day (`DAILY_SEASONALITY`).
    pub daily: SeasonOrder,
    /// Other seasons.
    pub seasonalities: Vec<Seasonality>,
    /// How seasons, holidays and known columns act (`SEASONALITY_MODE`).
    pub mode: TermMode,
    /// Scale of the seasons (`SEASONALITY_PRIOR_SCALE`).
    pub seasonality_prior_scale: f64,
    /// Days that differ (`HOLIDAYS_FILE`).
    pub holidays: Vec<Holiday>,
    /// Scale of holidays and known columns (`HOLIDAYS_PRIOR_SCALE`).
    pub holidays_prior_scale: f64,
    /// Whether the rows of a request move the forecast, by an autoregression of the residuals; the original's does not.
    pub follow_rows: bool,
}

impl Default for ProphetSettings {
    fn default() -> Self {
        ProphetSettings {
            growth: Growth::Linear,
            changepoints: 25,
            changepoint_range: 0.8,
            changepoint_prior_scale: 0.05,
            yearly: SeasonOrder::Auto,
            weekly: SeasonOrder::Auto,
            daily: SeasonOrder::Auto,
            seasonalities: Vec::new(),
            mode: TermMode::Additive,
            seasonality_prior_scale: 10.0,
            holidays: Vec::new(),
            holidays_prior_scale: 10.0,
            follow_rows: true,
        }
    }
}

impl ProphetSettings {
    /// Refuses settings that no fit can use.
    pub(super) fn check(&self) -> Result<(), MethodError> {
        let scales = [
            ("changepoint_prior_scale", self.changepoint_prior_scale),
            ("seasonality_prior_scale", self.seasonality_prior_scale),
            ("holidays_prior_scale", self.holidays_prior_scale),
        ];
        if let Some((name, scale)) = scales.into_iter().find(|(_, scale)| !(*scale > 0.0 && scale.is_finite())) {
            return Err(MethodError::Settings(format!("{name} is {scale}, use a number above 0")));
        }
        if !(self.changepoint_range > 0.0 && self.changepoint_range <= 1.0) {
            return Err(MethodError::Settings(format!(
                "changepoint_range is {}, use a share above 0 and at most 1",
                self.changepoint_range
            )));
        }
        if let Some(season) =
            self.seasonalities.iter().find(|s| s.period_days.is_nan() || s.period_days <= 0.0 || s.harmonics == 0)
        {
            return Err(MethodError::Settings(format!(
                "a season of {} days with {} harmonics cannot be used",
                season.period_days, season.harmonics
            )));
        }
        Ok(())
    }

    /// The seasons that rows at these times get: the original's rule for those that are `Auto`.
    pub(super) fn seasons(&self, times_ms: &[i64]) -> Vec<Seasonality> {
        let span_ms = times_ms.last().zip(times_ms.first()).map_or(0, |(last, first)| last - first);
        let least_ms = times_ms.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(i64::MAX);
        let of_calendar = [
            (self.yearly, 365.25, 10, span_ms >= 730 * DAY_MS),
            (self.weekly, 7.0, 3, span_ms >= 14 * DAY_MS && least_ms < 7 * DAY_MS),
            (self.daily, 1.0, 4, span_ms >= 2 * DAY_MS && least_ms < DAY_MS),
        ];
        let mut seasons = Vec::new();
        for (order, period_days, usual, allowed) in of_calendar {
            match order {
                SeasonOrder::Auto if allowed => seasons.push(Seasonality { period_days, harmonics: usual }),
                SeasonOrder::Harmonics(harmonics) if harmonics > 0 => {
                    seasons.push(Seasonality { period_days, harmonics })
                }
                SeasonOrder::Auto | SeasonOrder::Off | SeasonOrder::Harmonics(_) => {}
            }
        }
        seasons.extend(&self.seasonalities);
        seasons
    }
}
