//! Grids that the times of a file may follow.

use std::collections::HashMap;

use chrono::Datelike;

use super::freq::Freq;
use super::grid::{Grid, MS_PER_DAY, month_of};
use super::step::{MonthDay, Step};
use crate::forecast::data::reader::times::{LocalClock, Period, civil};

/// Steps that people choose, in ms.
const COMMON_MS: [i64; 24] = [
    1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000, 300_000, 360_000, 600_000, 720_000, 900_000,
    1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 14_400_000, 21_600_000, 28_800_000, 43_200_000, 86_400_000,
];

/// The times of one series, in order, each once; at least two.
pub(super) struct Times<'a> {
    pub(super) times_ms: &'a [i64],
    pub(super) clock: LocalClock,
    pub(super) period: Period,
}

impl Times<'_> {
    /// Grids of a step by name.
    pub(super) fn of_freq(&self, freq: Freq) -> Vec<Grid> {
        match freq {
            Freq::Ms(ms) => self.fixed(ms),
            Freq::Days(days) => self.days(days),
            Freq::BusinessDays => vec![self.business_days()],
            Freq::Months(months, on, _) => {
                let mut grids = vec![self.months(months, on)];
                // the first of a month may be written where its end is meant
                let day = self.commonest_day();
                grids.extend([MonthDay::Day(1), MonthDay::End, MonthDay::Day(day)].map(|on| self.months(months, on)));
                grids
            }
        }
    }

    /// Grids that the differences suggest, the better reading first.
    pub(super) fn suggested(&self) -> Vec<Grid> {
        let mut grids = Vec::new();
        let median = median(self.times_ms.windows(2).map(|pair| pair[1] - pair[0]).collect());
        let mode = commonest(self.times_ms.windows(2).map(|pair| pair[1] - pair[0]));
        let in_days = |ms: i64| (ms as f64 / MS_PER_DAY as f64).round() as i64;
        let days = in_days(median);
        let mut lengths = vec![mode, median];
        lengths.dedup();
        for ms in lengths.into_iter().filter(|&ms| in_days(ms) >= 27) {
            let months = ((ms as f64 / MS_PER_DAY as f64 / 30.436_875).round() as u32).clamp(1, 12_000);
            let day = self.commonest_day();
            let days = if day >= 28 {
                vec![MonthDay::End, MonthDay::Day(day), MonthDay::Day(1)]
            } else {
                vec![MonthDay::Day(day), MonthDay::Day(1), MonthDay::End]
            };
            grids.extend(days.into_iter().map(|on| self.months(months, on)));
        }
        if mode == MS_PER_DAY || days == 1 {
            if self.skips_weekends() {
                grids.push(self.business_days());
            }
            grids.extend(self.days(1));
        } else if days >= 2 || mode % MS_PER_DAY == 0 {
            grids.extend(self.days((mode / MS_PER_DAY).max(1)));
            grids.extend(self.days(days.max(1)));
        }
        if self.period == Period::Week {
            grids.extend(self.days(7));
        }
        // a step that few differences have exactly is one with jitter
        let is_mode = |pair: &&[i64]| pair[1] - pair[0] == mode;
        let is_clear = self.times_ms.windows(2).filter(is_mode).count() * 2 > self.times_ms.len() - 1;
        let common = [near_common(median), near_common(mode)];
        let fixed = if is_clear { [mode, common[0], common[1]] } else { [common[0], common[1], mode] };
        for ms in fixed {
            grids.extend(self.fixed(ms));
        }
        if matches!(self.clock, LocalClock::Zone(_)) && mode >= 7_200_000 {
            grids.push(self.local(mode));
        }
        grids
    }

    /// Grids of so many ms: through most of the times, through whole steps of the local clock, through the middle of the times.
    fn fixed(&self, ms: i64) -> Vec<Grid> {
        if ms < 1 {
            return Vec::new();
        }
        let first = self.times_ms[0];
        let through = |origin: i64| Grid::new(Step::Fixed(ms), self.clock, first - (first - origin).rem_euclid(ms));
        let phase = |time: &i64| time.rem_euclid(ms);
        let most = commonest(self.times_ms.iter().map(phase));
        let on_most = self.times_ms.iter().map(phase).filter(|phase| *phase == most).count();
        let whole = self.clock.wall_ms(first) - first;
        if on_most * 2 > self.times_ms.len() {
            vec![through(most), through(-whole)]
        } else {
            vec![through(-whole), through(self.middle(ms)), through(most)]
        }
    }

    /// The middle of the distances from the grid through the first time, to whole seconds.
    fn middle(&self, ms: i64) -> i64 {
        let first = self.times_ms[0];
        let distance = |time: &i64| (time - first + ms / 2).rem_euclid(ms) - ms / 2;
        let middle = first + median(self.times_ms.iter().map(distance).collect());
        if ms >= 10_000 { (middle + 500).div_euclid(1000) * 1000 } else { middle }
    }

    fn days(&self, days: i64) -> Vec<Grid> {
        let ms = days.saturating_mul(MS_PER_DAY);
        match self.clock {
            LocalClock::Zone(_) => vec![self.local(ms)],
            LocalClock::AsWritten | LocalClock::Offset(_) => self.fixed(ms),
        }
    }

    fn local(&self, ms: i64) -> Grid {
        let most = commonest(self.walls().map(|wall| wall.rem_euclid(ms)));
        let first = self.clock.wall_ms(self.times_ms[0]);
        Grid::new(Step::Local(ms), self.clock, first - (first - most).rem_euclid(ms))
    }

    fn business_days(&self) -> Grid {
        let first = self.walls().find(|wall| !is_weekend(*wall)).unwrap_or(0);
        Grid::new(Step::BusinessDays, self.clock, first.div_euclid(MS_PER_DAY) * MS_PER_DAY + self.time_of_day())
    }

    /// Calendar steps, the first in a month that is as most of the times are.
    fn months(&self, months: u32, on: MonthDay) -> Grid {
        let width = i64::from(months.max(1));
        let month = |wall: i64| month_of(wall.div_euclid(MS_PER_DAY)).unwrap_or(0);
        let most = commonest(self.walls().map(|wall| month(wall).rem_euclid(width)));
        let first = self.clock.wall_ms(self.times_ms[0]);
        let back = (month(first) - most).rem_euclid(width);
        let origin = civil(first.div_euclid(MS_PER_DAY))
            .and_then(|date| date.with_day(1)?.checked_sub_months(chrono::Months::new(back as u32)))
            .map_or(first, |date| i64::from(date.to_epoch_days()) * MS_PER_DAY);
        Grid::new(Step::Months(months.max(1), on), self.clock, origin + self.time_of_day())
    }

    fn walls(&self) -> impl Iterator<Item = i64> {
        self.times_ms.iter().map(|ms| self.clock.wall_ms(*ms))
    }

    fn time_of_day(&self) -> i64 {
        commonest(self.walls().map(|wall| wall.rem_euclid(MS_PER_DAY)))
    }

    fn commonest_day(&self) -> u32 {
        let day = |wall: i64| civil(wall.div_euclid(MS_PER_DAY)).map_or(1, |date| i64::from(date.day()));
        let most = commonest(self.walls().map(day));
        // of the last days of months some are 30 and some 31
        let is_end = self.walls().all(|wall| day(wall) >= 28);
        if is_end { self.walls().map(day).max().unwrap_or(most) as u32 } else { most as u32 }
    }

    /// Whether there are weekends between the rows and never in them.
    fn skips_weekends(&self) -> bool {
        let first = self.walls().next().unwrap_or(0).div_euclid(MS_PER_DAY);
        let last = self.walls().last().unwrap_or(0).div_euclid(MS_PER_DAY);
        let passes_one = (first + 3).div_euclid(7) != (last + 3).div_euclid(7);
        passes_one && !self.walls().any(is_weekend)
    }
}

fn is_weekend(wall_ms: i64) -> bool {
    (wall_ms.div_euclid(MS_PER_DAY) + 3).rem_euclid(7) >= 5
}

/// The common step within 10 % of a difference, else the difference to whole seconds.
fn near_common(ms: i64) -> i64 {
    let near = COMMON_MS.into_iter().min_by_key(|common| (common - ms).abs()).unwrap_or(ms);
    if (near - ms).abs() * 10 <= near {
        near
    } else if ms >= 10_000 {
        (ms + 500) / 1000 * 1000
    } else {
        ms
    }
}

fn median(mut values: Vec<i64>) -> i64 {
    let middle = values.len().saturating_sub(1) / 2;
    if values.is_empty() {
        return 0;
    }
    *values.select_nth_unstable(middle).1
}

/// The commonest value, the smaller one on a tie.
pub(super) fn commonest(values: impl Iterator<Item = i64>) -> i64 {
    let mut counts: HashMap<i64, usize> = HashMap::new();
    // neighbours are mostly equal: count a run at a time
    let mut run: Option<(i64, usize)> = None;
    for value in values {
        match &mut run {
            Some((same, count)) if *same == value => *count += 1,
            _ => {
                if let Some((value, count)) = run.replace((value, 1)) {
                    *counts.entry(value).or_default() += count;
                }
            }
        }
    }
    if let Some((value, count)) = run {
        *counts.entry(value).or_default() += count;
    }
    counts.into_iter().max_by_key(|&(value, count)| (count, std::cmp::Reverse(value))).map_or(0, |(value, _)| value)
}
