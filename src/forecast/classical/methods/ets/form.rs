//! Which parts a model of exponential smoothing has, and how fast they follow the rows.

use serde::{Deserialize, Serialize};

/// The trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trend {
    /// None: the level alone.
    None,
    /// A slope that goes on for ever.
    Additive,
    /// A slope that fades.
    Damped,
}

/// The season.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Season {
    /// None.
    None,
    /// Added to the level.
    Additive,
    /// Multiplied with the level.
    Multiplicative,
}

/// Which parts a model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Its trend.
    pub trend: Trend,
    /// Its season.
    pub season: Season,
    /// Whether errors grow with the level.
    pub relative_error: bool,
}

/// How fast the parts follow the rows, each between 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Smoothing {
    /// Share of an error that goes into the level.
    pub level: f64,
    /// Share of the level's move that goes into the slope.
    pub trend: f64,
    /// Share of the slope that is left after a step.
    pub damping: f64,
    /// Share of what the level leaves of an error that goes into the season.
    pub season: f64,
}

impl Form {
    /// Numbers that are searched for: the smoothing alone.
    pub(super) fn smoothing_parameters(self) -> usize {
        1 + match self.trend {
            Trend::None => 0,
            Trend::Additive => 1,
            Trend::Damped => 2,
        } + usize::from(self.season != Season::None)
    }

    /// Numbers that are estimated in all, those of the start and the variance included.
    pub(super) fn parameters(self, season_rows: usize) -> usize {
        let start = 1 + usize::from(self.trend != Trend::None);
        let season = if self.season == Season::None { 0 } else { season_rows - 1 };
        self.smoothing_parameters() + start + season + 1
    }
}

impl Smoothing {
    /// From unbounded numbers, in the order level, trend, damping, season; those that the form lacks are left out.
    pub(super) fn from_free(form: Form, free: &[f64]) -> Smoothing {
        let mut next = free.iter();
        let mut share = || next.next().map_or(0.0, |value| (1.0 / (1.0 + (-value).exp())).clamp(1e-4, 0.9999));
        let level = share();
        let trend = if form.trend == Trend::None { 0.0 } else { share() };
        let damping = if form.trend == Trend::Damped { 0.8 + 0.18 * share() } else { 1.0 };
        let season = if form.season == Season::None { 0.0 } else { share() };
        Smoothing { level, trend, damping, season }
    }

    /// Unbounded numbers for a search to start from.
    pub(super) fn to_free(self, form: Form) -> Vec<f64> {
        let free = |share: f64| (share / (1.0 - share)).ln();
        let mut numbers = vec![free(self.level)];
        if form.trend != Trend::None {
            numbers.push(free(self.trend));
        }
        if form.trend == Trend::Damped {
            numbers.push(free(((self.damping - 0.8) / 0.18).clamp(0.01, 0.99)));
        }
        if form.season != Season::None {
            numbers.push(free(self.season));
        }
        numbers
    }
}
