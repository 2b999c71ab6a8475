//! From one time to the next: by steps of one length, or along a grid.

use super::axis::TimeAxis;
use crate::forecast::data::reader::{Grid, LocalClock, Step};

/// A time may be off its step by this share of the step, as one part of so many.
const TOLERANCE_PARTS: i64 = 10;

/// The steps of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    step_ms: i64,
    grid: Option<Grid>,
    clock: LocalClock,
}

/// Steps of so many ms, and no local clock.
impl From<i64> for Steps {
    fn from(step_ms: i64) -> Self {
        Self { step_ms, grid: None, clock: LocalClock::AsWritten }
    }
}

impl Steps {
    /// Steps of so many ms, or those of the axis where it has a grid.
    pub fn new(step_ms: i64, axis: &TimeAxis) -> Self {
        Self { step_ms, grid: axis.grid, clock: axis.clock }
    }

    /// The length of a step in ms; the commonest one where steps differ.
    pub fn step_ms(&self) -> i64 {
        self.step_ms
    }

    /// The time so many steps after a time, or before it where `steps` is negative.
    pub fn after(&self, ms: i64, steps: i64) -> i64 {
        let on_grid = self.grid.and_then(|grid| grid.after(ms, steps));
        on_grid.unwrap_or_else(|| ms.saturating_add(self.step_ms.saturating_mul(steps)))
    }

    /// The kind of the steps.
    pub fn step(&self) -> Step {
        self.grid.map_or(Step::Fixed(self.step_ms), |grid| grid.step)
    }

    /// How many steps lie between two times, to the nearest one; negative where the second time is the earlier one.
    pub fn between(&self, from_ms: i64, to_ms: i64) -> i64 {
        let slot = |ms: i64| Some(self.grid?.nearest(ms)?.0);
        match (slot(from_ms), slot(to_ms)) {
            (Some(from), Some(to)) => to - from,
            _ => (to_ms.saturating_sub(from_ms) as f64 / self.step_ms.max(1) as f64).round() as i64,
        }
    }

    /// Whether two series go on by the same steps, wherever they start.
    pub fn agree_with(&self, other: &Steps) -> bool {
        let is_same = match (self.grid, other.grid) {
            (Some(grid), Some(of_other)) => grid.step == of_other.step,
            (None, None) => self.step_ms == other.step_ms,
            _ => false,
        };
        is_same && self.clock == other.clock
    }

    /// Whether a time is exactly one step after another one.
    pub fn follows(&self, before_ms: i64, ms: i64) -> bool {
        match self.grid {
            None => ms.checked_sub(before_ms) == Some(self.step_ms),
            Some(_) => before_ms < ms && self.after(before_ms, 1) == ms,
        }
    }

    /// Whether a time is one step after another one, give or take 10 % of the step.
    pub fn nearly_follows(&self, before_ms: i64, ms: i64) -> bool {
        let (start, next) = (self.after(before_ms, 0), self.after(before_ms, 1));
        let step_ms = next.saturating_sub(start).max(1);
        let is_near = |time: i64, slot: i64| time.saturating_sub(slot).saturating_abs() <= step_ms / TOLERANCE_PARTS;
        is_near(before_ms, start) && is_near(ms, next)
    }

    /// What the local clock shows at an instant, in ms since 1970-01-01 00:00 on the same clock.
    pub fn wall_ms(&self, ms: i64) -> i64 {
        self.clock.wall_ms(ms)
    }

    /// The step in words: `120 s`, `1 month, last day`.
    pub fn described(&self) -> String {
        match self.grid {
            Some(grid) => grid.step.to_string(),
            None => format!("{} s", self.step_ms as f64 / 1000.0),
        }
    }
}
