//! Rows within one step become one row.

use super::freq::Freq;
use super::grid::{Grid, MS_PER_DAY};
use super::rows::Rows;
use super::step::{MonthDay, Step};
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::forecast::data::reader::options::Resample;
use crate::forecast::data::reader::times::LocalClock;

/// A Monday, 1970-01-05, on which weeks and business days start.
const MONDAY_MS: i64 = 4 * MS_PER_DAY;

/// Brings rows, which are in order, together: a row a step, at its start; at the last day for months that end. The grid is that of the new rows.
pub(crate) fn resample(rows: &mut Rows, freq: Freq, how: Resample, clock: LocalClock) -> Result<Grid, Mistakes> {
    let (grid, labels) = grids(freq, clock);
    let outside = || Mistakes::of_file("a time lies outside the calendar: mend it");
    let mut slots = Vec::with_capacity(rows.times_ms.len());
    for &ms in &rows.times_ms {
        slots.push(grid.floor(ms).ok_or_else(outside)?);
    }
    let mut starts: Vec<usize> = (0..slots.len()).filter(|&row| row == 0 || slots[row] != slots[row - 1]).collect();
    let times: Option<Vec<i64>> = starts.iter().map(|&row| labels.time(slots[row])).collect();
    rows.times_ms = times.ok_or_else(outside)?;
    rows.lines = starts.iter().map(|&row| rows.lines[row]).collect();
    starts.push(slots.len());
    for column in &mut rows.columns {
        *column = starts.windows(2).map(|pair| together(&column[pair[0]..pair[1]], how)).collect();
    }
    Ok(labels)
}

/// The grid whose steps bring rows together, and the grid of their times.
fn grids(freq: Freq, clock: LocalClock) -> (Grid, Grid) {
    let one = |step, origin_ms| {
        let grid = Grid::new(step, clock, origin_ms);
        (grid, grid)
    };
    let is_zone = matches!(clock, LocalClock::Zone(_));
    match freq {
        // whole steps of the local clock as it stands in winter 1970
        Freq::Ms(ms) => one(Step::Fixed(ms), -i64::from(clock.offset_minutes(0)) * 60_000),
        Freq::Days(days) => {
            let origin = if days % 7 == 0 { MONDAY_MS } else { 0 };
            let ms = days.saturating_mul(MS_PER_DAY);
            if is_zone {
                one(Step::Local(ms), origin)
            } else {
                one(Step::Fixed(ms), origin - i64::from(clock.offset_minutes(0)) * 60_000)
            }
        }
        Freq::BusinessDays => one(Step::BusinessDays, MONDAY_MS),
        Freq::Months(months, on, start) => {
            let origin = |month: u32| {
                let date = chrono::NaiveDate::from_ymd_opt(1970 + (month / 12) as i32, month % 12 + 1, 1);
                date.map_or(0, |date| i64::from(date.to_epoch_days()) * MS_PER_DAY)
            };
            let buckets = Grid::new(Step::Months(months, MonthDay::Day(1)), clock, origin(start));
            let last = if on == MonthDay::End { months - 1 } else { 0 };
            (buckets, Grid::new(Step::Months(months, on), clock, origin(start + last)))
        }
    }
}

/// One value of several; NaN where none is measured.
fn together(values: &[f64], how: Resample) -> f64 {
    let measured = || values.iter().copied().filter(|value| !value.is_nan());
    let Some(last) = measured().next_back() else { return f64::NAN };
    match how {
        Resample::Last => last,
        Resample::Sum => measured().sum(),
        Resample::Mean => measured().sum::<f64>() / measured().count() as f64,
    }
}
