//! The times of a step, numbered.

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::step::{MonthDay, Step};
use crate::forecast::data::reader::times::{LocalClock, civil};

pub(super) const MS_PER_DAY: i64 = 86_400_000;

/// The times at which rows stand, one a slot; slots count from 0 at the origin, backwards too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grid {
    /// From one time to the next.
    pub step: Step,
    /// The clock of steps that are local.
    pub clock: LocalClock,
    /// ms since 1970 of slot 0: in UTC for fixed steps, else on the local clock.
    origin_ms: i64,
}

impl Grid {
    /// A grid through the time `origin_ms`: in UTC for fixed steps, else what the local clock shows.
    pub(super) fn new(step: Step, clock: LocalClock, origin_ms: i64) -> Self {
        Self { step, clock, origin_ms }
    }

    /// The time of a slot, ms since 1970 in UTC; none outside the calendar.
    pub fn time(&self, slot: i64) -> Option<i64> {
        let day_ms = self.origin_ms.rem_euclid(MS_PER_DAY);
        let wall_ms = match self.step {
            Step::Fixed(ms) => return slot.checked_mul(ms)?.checked_add(self.origin_ms),
            Step::Local(ms) => slot.checked_mul(ms)?.checked_add(self.origin_ms)?,
            Step::BusinessDays => {
                let week_day = self.first_business_day().checked_add(slot)?;
                // 1970-01-01 was a Thursday
                let day = week_day.div_euclid(5).checked_mul(7)?.checked_add(week_day.rem_euclid(5))? - 3;
                day.checked_mul(MS_PER_DAY)?.checked_add(day_ms)?
            }
            Step::Months(months, on) => {
                let month = self.first_month()?.checked_add(slot.checked_mul(i64::from(months))?)?;
                day_in_month(month, on)?.checked_mul(MS_PER_DAY)?.checked_add(day_ms)?
            }
        };
        civil(wall_ms.div_euclid(MS_PER_DAY))?;
        Some(self.clock.instant(wall_ms))
    }

    /// The last slot at or before a time.
    pub fn floor(&self, ms: i64) -> Option<i64> {
        let guess = match self.step {
            Step::Fixed(step_ms) => return Some(ms.checked_sub(self.origin_ms)?.div_euclid(step_ms)),
            Step::Local(step_ms) => self.clock.wall_ms(ms).checked_sub(self.origin_ms)?.div_euclid(step_ms),
            Step::BusinessDays => {
                let day = self.clock.wall_ms(ms).div_euclid(MS_PER_DAY) + 3;
                day.div_euclid(7) * 5 + day.rem_euclid(7).min(4) - self.first_business_day()
            }
            Step::Months(months, _) => {
                let month = month_of(self.clock.wall_ms(ms).div_euclid(MS_PER_DAY))?;
                (month - self.first_month()?).div_euclid(i64::from(months))
            }
        };
        // the time of day and the day of the month may lie after the time
        let is_after = |slot: i64| self.time(slot).is_none_or(|time| time > ms);
        (guess - 1..=guess + 1).rev().find(|slot| !is_after(*slot)).or(Some(guess - 2))
    }

    /// The slot nearest to a time, and how far the time is from it in ms.
    pub fn nearest(&self, ms: i64) -> Option<(i64, i64)> {
        let slot = self.floor(ms)?;
        let before = ms.checked_sub(self.time(slot)?)?;
        if before == 0 {
            return Some((slot, 0));
        }
        match self.time(slot.checked_add(1)?).and_then(|time| time.checked_sub(ms)) {
            Some(after) if after < before => Some((slot + 1, after)),
            _ => Some((slot, before)),
        }
    }

    /// The time so many steps after a time, or before it where `steps` is negative; the time is snapped first.
    pub fn after(&self, ms: i64, steps: i64) -> Option<i64> {
        self.time(self.nearest(ms)?.0.checked_add(steps)?)
    }

    /// The length of the step that starts at a slot, in ms.
    pub fn step_ms(&self, slot: i64) -> Option<i64> {
        match self.step {
            Step::Fixed(ms) => Some(ms),
            _ => self.time(slot.checked_add(1)?)?.checked_sub(self.time(slot)?),
        }
    }

    /// The slot within 10 % of a step of a time, and whether the time is exactly there; none for other times.
    pub fn snap(&self, ms: i64) -> Option<(i64, bool)> {
        let (slot, distance) = self.nearest(ms)?;
        let is_exact = distance == 0;
        (is_exact || distance.checked_mul(10)? <= self.step_ms(slot)?).then_some((slot, is_exact))
    }

    fn first_business_day(&self) -> i64 {
        let day = self.origin_ms.div_euclid(MS_PER_DAY) + 3;
        day.div_euclid(7) * 5 + day.rem_euclid(7).min(4)
    }

    fn first_month(&self) -> Option<i64> {
        month_of(self.origin_ms.div_euclid(MS_PER_DAY))
    }
}

/// Months since the year 0 of a day since 1970.
pub(super) fn month_of(day: i64) -> Option<i64> {
    let date = civil(day)?;
    Some(i64::from(date.year()) * 12 + i64::from(date.month0()))
}

/// The day since 1970 on which a calendar step lies in a month since the year 0.
fn day_in_month(month: i64, on: MonthDay) -> Option<i64> {
    let start = first_day(month)?;
    let length = first_day(month.checked_add(1)?)? - start;
    Some(match on {
        MonthDay::Day(day) => start + (i64::from(day).clamp(1, length) - 1),
        MonthDay::End => start + length - 1,
    })
}

fn first_day(month: i64) -> Option<i64> {
    let year = i32::try_from(month.div_euclid(12)).ok()?;
    let month = u32::try_from(month.rem_euclid(12)).ok()? + 1;
    Some(i64::from(NaiveDate::from_ymd_opt(year, month, 1)?.to_epoch_days()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> i64 {
        i64::from(NaiveDate::from_ymd_opt(year, month, day).expect("a date").to_epoch_days()) * MS_PER_DAY
    }

    fn after(step: Step, from: i64, steps: i64) -> Option<i64> {
        Grid::new(step, LocalClock::AsWritten, from).after(from, steps)
    }

    #[test]
    fn the_month_after_the_31st_ends_on_the_28th_or_29th() {
        let end = Step::Months(1, MonthDay::End);
        assert_eq!(after(end, day(2023, 1, 31), 1), Some(day(2023, 2, 28)));
        assert_eq!(after(end, day(2024, 1, 31), 1), Some(day(2024, 2, 29)));
        assert_eq!(after(end, day(2024, 1, 31), -1), Some(day(2023, 12, 31)));
        assert_eq!(after(Step::Months(1, MonthDay::Day(30)), day(2024, 1, 30), 1), Some(day(2024, 2, 29)));
        assert_eq!(after(Step::Months(3, MonthDay::End), day(2023, 11, 30), 1), Some(day(2024, 2, 29)));
        assert_eq!(after(Step::Months(12, MonthDay::Day(29)), day(2024, 2, 29), 1), Some(day(2025, 2, 28)));
    }

    #[test]
    fn business_days_pass_the_weekend() {
        let friday = day(2024, 3, 29);
        assert_eq!(after(Step::BusinessDays, friday, 1), Some(day(2024, 4, 1)));
        assert_eq!(after(Step::BusinessDays, friday, -5), Some(day(2024, 3, 22)));
        let grid = Grid::new(Step::BusinessDays, LocalClock::AsWritten, friday);
        assert_eq!(grid.snap(day(2024, 3, 31)), None);
    }

    #[test]
    fn local_days_have_23_or_25_hours() {
        let madrid = LocalClock::Zone(chrono_tz::Tz::Europe__Madrid);
        let grid = Grid::new(Step::Local(MS_PER_DAY), madrid, day(2023, 3, 26));
        assert_eq!(grid.step_ms(0), Some(23 * 3_600_000));
        assert_eq!(grid.step_ms(217), Some(25 * 3_600_000));
        assert_eq!(grid.after(day(2023, 3, 25) - 3_600_000, 2), Some(day(2023, 3, 27) - 7_200_000));
    }

    #[test]
    fn extreme_slots_and_times_have_none() {
        for step in [Step::Fixed(1), Step::Local(MS_PER_DAY), Step::BusinessDays, Step::Months(12, MonthDay::End)] {
            let grid = Grid::new(step, LocalClock::AsWritten, day(2024, 1, 1));
            for extreme in [i64::MIN, i64::MAX, i64::MIN / 2, i64::MAX / 2] {
                let _ = (
                    grid.time(extreme),
                    grid.floor(extreme),
                    grid.snap(extreme),
                    grid.after(extreme, 1),
                    grid.after(0, extreme),
                );
            }
        }
    }
}
