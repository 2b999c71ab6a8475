//! The grid that the times of a file follow.

use super::candidates::Times;
use super::freq::Freq;
use super::grid::{Grid, MS_PER_DAY};
use crate::forecast::data::reader::mistakes::{Found, Mistakes};
use crate::forecast::data::reader::times::{LocalClock, Period};

/// Of the differences between rows at least so many percent are one step, or the rows are irregular.
const REGULAR_PERCENT: usize = 30;

/// What is known of the times besides their values.
pub(crate) struct Hints<'a> {
    pub(crate) clock: LocalClock,
    pub(crate) period: Period,
    pub(crate) freq: Option<Freq>,
    /// The grid, where it is known.
    pub(crate) grid: Option<Grid>,
    /// Writes a row of the times for a message: `line 7: 2024-01-01`.
    pub(crate) place: &'a dyn Fn(usize) -> String,
}

/// How the times lie on a grid.
struct Fit {
    /// Rows that are not within 10 % of a step, or on the same slot as the row before.
    off: usize,
    snapped: usize,
    /// Rows that are one step after the row before.
    next: usize,
}

/// Finds the grid of times, which are in order and each there once; none for fewer than two.
pub(crate) fn detect(times_ms: &[i64], hints: &Hints<'_>) -> Result<Option<Grid>, Mistakes> {
    if times_ms.len() < 2 && hints.grid.is_none() {
        return Ok(None);
    }
    let times = Times { times_ms, clock: hints.clock, period: hints.period };
    let grids = match (hints.grid, hints.freq) {
        (Some(grid), _) => vec![grid],
        (None, Some(freq)) => times.of_freq(freq),
        (None, None) => times.suggested(),
    };
    let mut best: Option<(Grid, Fit)> = None;
    for grid in grids {
        let fit = fit(times_ms, &grid);
        let is_exact = fit.off == 0 && fit.snapped == 0;
        // of grids that all rows can be moved to, the first one counts
        if is_exact || best.as_ref().is_none_or(|(_, best)| fit.off < best.off) {
            best = Some((grid, fit));
        }
        if is_exact {
            break;
        }
    }
    let Some((grid, fit)) = best else { return Ok(None) };
    if fit.off > 0 {
        return Err(off_grid(times_ms, hints, &grid));
    }
    let steps = times_ms.len().saturating_sub(1);
    if hints.freq.is_none() && hints.grid.is_none() && fit.next * 100 < steps * REGULAR_PERCENT {
        return Err(Mistakes::of_file(format!(
            "rows are irregular, {} of {steps} steps are the commonest one, {}: set FREQ to the step you want (such as h or D) and RESAMPLE=mean, sum or last",
            fit.next, grid.step
        )));
    }
    Ok(Some(grid))
}

fn fit(times_ms: &[i64], grid: &Grid) -> Fit {
    let mut fit = Fit { off: 0, snapped: 0, next: 0 };
    let mut previous = None;
    for &ms in times_ms {
        match grid.snap(ms) {
            Some((slot, is_exact)) if previous != Some(slot) => {
                fit.snapped += usize::from(!is_exact);
                fit.next += usize::from(previous.is_some_and(|previous: i64| previous + 1 == slot));
                previous = Some(slot);
            }
            _ => fit.off += 1,
        }
    }
    fit
}

fn off_grid(times_ms: &[i64], hints: &Hints<'_>, grid: &Grid) -> Mistakes {
    let whole = times_ms.last().zip(times_ms.first()).map_or(0, |(last, first)| last - first);
    let mean = whole / (times_ms.len() as i64 - 1).max(1);
    let advice = match (hints.freq, mean / MS_PER_DAY) {
        _ if hints.grid.is_some() => "it is the step of the data set: send rows of that step",
        (Some(_), _) => "set another FREQ, or RESAMPLE=mean, sum or last to bring them together",
        (None, 27..32) => {
            "monthly steps? set FREQ=MS or FREQ=ME, and RESAMPLE=mean, sum or last to bring rows together"
        }
        (None, _) => {
            "set FREQ to the step you want (such as h or D) and RESAMPLE=mean, sum or last to bring them together"
        }
    };
    let what = format!("rows are off the grid of {}: {advice}", grid.step);
    let mut found = Found::default();
    let mut previous = None;
    for (row, &ms) in times_ms.iter().enumerate() {
        match grid.snap(ms) {
            Some((slot, _)) if previous != Some(slot) => previous = Some(slot),
            _ => found.add(&what, || (hints.place)(row)),
        }
    }
    found.check().err().unwrap_or_else(|| Mistakes::of_file(what))
}
