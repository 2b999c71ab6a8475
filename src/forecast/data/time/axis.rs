//! How a series stands in time besides its times: the grid of its steps, the local clock, and how its file writes times.

use serde::{Deserialize, Serialize};

use crate::forecast::data::reader::{Grid, LocalClock, MonthDay, Step, TimeFormat};

/// The longest step of a grid in months, as `FREQ` allows.
const MONTHS_MAX: u32 = 12_000;

/// Grid, clock and form; the default is what earlier versions knew: steps of one length, no local clock, ISO 8601.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TimeAxis {
    /// The grid, where not every step is the commonest difference of neighbouring times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
    /// The clock of the calendar features, and of times without a zone.
    #[serde(skip_serializing_if = "is_default")]
    pub clock: LocalClock,
    /// Whether `TIME_ZONE` names the clock, so that times with and without a zone may be sent.
    #[serde(skip_serializing_if = "is_default")]
    pub is_zone_set: bool,
    /// How times are written, where that is not ISO 8601 with a time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<TimeFormat>,
}

impl TimeAxis {
    /// Whether it is what earlier versions knew.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The step of the grid in ms, if it has one of one length.
    pub fn fixed_step_ms(&self) -> Option<i64> {
        match self.grid?.step {
            Step::Fixed(ms) => Some(ms),
            _ => None,
        }
    }

    /// Whether the grid can be computed with.
    pub fn is_sound(&self) -> bool {
        self.grid.is_none_or(|grid| match grid.step {
            Step::Fixed(ms) | Step::Local(ms) => ms > 0,
            Step::BusinessDays => true,
            Step::Months(months, day) => {
                let is_day = match day {
                    MonthDay::Day(day) => (1..=31).contains(&day),
                    MonthDay::End => true,
                };
                (1..=MONTHS_MAX).contains(&months) && is_day
            }
        })
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
