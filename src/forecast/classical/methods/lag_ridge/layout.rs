//! Which inputs the regressions have.

use serde::{Deserialize, Serialize};

use crate::forecast::classical::numeric::days::DAY_MS;
use crate::forecast::data::{Step, Steps};

/// Most recent rows that are inputs.
const LAGS_MAX: usize = 24;

/// Recent rows where there is no season.
const LAGS_WITHOUT_SEASON: usize = 12;

/// Harmonics per season.
const HARMONICS: usize = 3;

/// Fewer rows than this have neither harmonics nor weekdays as inputs.
const CALENDAR_ROWS_MIN: usize = 150;

/// Which inputs the regressions of a fit have; the seasonal lags differ from step to step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Recent rows.
    pub lags: usize,
    /// Rows that the level is the mean of.
    pub level_rows: usize,
    /// Whether the mean of four times as many rows is an input.
    pub long_level: bool,
    /// Seasons in rows, the shortest first.
    pub seasons: Vec<usize>,
    /// Whether harmonics of the seasons are inputs.
    pub harmonics: bool,
    /// Whether weekdays are inputs.
    pub weekdays: bool,
    /// Whether the time of day at weekends is an input.
    pub weekend_hours: bool,
    /// Places of the known columns that are inputs.
    pub known: Vec<usize>,
}

impl Layout {
    /// The inputs that so many rows allow.
    pub fn of(rows: usize, seasons: &[usize], steps: &Steps, known: Vec<usize>) -> Layout {
        let seasons: Vec<usize> = seasons.iter().copied().filter(|season| *season > 1).collect();
        let season = seasons.first().copied();
        let level_rows = season.unwrap_or_else(|| 4.min(rows / 3).max(1));
        let calendar = rows > CALENDAR_ROWS_MIN;
        let sub_daily = steps.step_ms() < DAY_MS;
        let daily = matches!(steps.step(), Step::Fixed(DAY_MS) | Step::Local(DAY_MS) | Step::BusinessDays);
        Layout {
            lags: season.map_or(LAGS_WITHOUT_SEASON, |season| season.min(LAGS_MAX)).min(rows / 8).max(1),
            level_rows,
            long_level: level_rows * 4 < rows / 3,
            harmonics: calendar,
            weekdays: calendar && (sub_daily || daily),
            weekend_hours: calendar && sub_daily,
            seasons,
            known,
        }
    }

    /// The distances, in rows before the target row, of its seasonal lags: the same phase of the last cycles.
    pub fn seasonal_lags(&self, rows: usize, step: usize) -> Vec<usize> {
        let mut lags = Vec::new();
        for (at, season) in self.seasons.iter().enumerate() {
            let first = step.div_ceil(*season);
            let cycles = if at == 0 { 3 } else { 2 };
            lags.extend((first..first + cycles).map(|cycle| cycle * season));
        }
        lags.retain(|lag| lag + self.lags < rows / 2);
        lags
    }

    /// The first row that an equation can start from.
    pub fn first_origin(&self, step: usize, seasonal_lags: &[usize]) -> usize {
        let reach = seasonal_lags.iter().map(|lag| lag.saturating_sub(step) + 2).max().unwrap_or(0);
        let known =
            if self.known.is_empty() { 0 } else { self.known_season() * (1 + step.div_ceil(self.known_season())) };
        reach.max(self.lags).max(self.level_rows).max(known) + 1
    }

    /// The season that known columns are compared across.
    pub fn known_season(&self) -> usize {
        self.seasons.first().copied().unwrap_or(1)
    }

    /// Harmonics of a season of so many rows.
    pub fn harmonics_of(season: usize) -> usize {
        (if season >= 4 { HARMONICS } else { 1 }).min(season / 2)
    }
}
