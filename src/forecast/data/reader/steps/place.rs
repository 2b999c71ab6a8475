//! Rows on a grid: times snapped, short gaps filled with rows of NaN.

use super::grid::Grid;
use super::rows::Rows;
use crate::forecast::data::reader::mistakes::Mistakes;
use crate::limits::DATA_CELLS;

/// What was done to place rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Placed {
    /// Times that were moved by up to 10 % of a step.
    pub(crate) snapped: usize,
    /// Rows of NaN that were made.
    pub(crate) filled: usize,
    /// Gaps that were filled, and those that are too long and stay.
    pub(crate) short_gaps: usize,
    pub(crate) long_gaps: usize,
}

/// Moves every row to its slot and fills gaps of up to `max_gap_rows` rows; there may be `cells_left` cells, `width` of them a row.
pub(crate) fn place(
    rows: &mut Rows,
    grid: &Grid,
    max_gap_rows: usize,
    cells_left: u64,
    width: usize,
) -> Result<Placed, Mistakes> {
    let mut placed = Placed::default();
    let mut slots = Vec::with_capacity(rows.times_ms.len());
    for ms in &mut rows.times_ms {
        let slot = grid.nearest(*ms).map(|(slot, _)| slot);
        let time = slot.and_then(|slot| grid.time(slot));
        let (Some(slot), Some(time)) = (slot, time) else {
            return Err(Mistakes::of_file("a time lies outside the calendar: mend it"));
        };
        placed.snapped += usize::from(time != *ms);
        *ms = time;
        slots.push(slot);
    }
    let missing = |pair: &[i64]| usize::try_from(pair[1].saturating_sub(pair[0]) - 1).unwrap_or(0);
    for gap in slots.windows(2).map(missing).filter(|&gap| gap > 0) {
        if gap <= max_gap_rows {
            placed.filled += gap;
            placed.short_gaps += 1;
        } else {
            placed.long_gaps += 1;
        }
    }
    let total = rows.times_ms.len() + placed.filled;
    DATA_CELLS.with_max(cells_left).check_product(total, width)?;
    if placed.filled == 0 {
        return Ok(placed);
    }
    let gaps: Vec<(usize, usize)> = slots
        .windows(2)
        .enumerate()
        .map(|(row, pair)| (row + 1, missing(pair)))
        .filter(|(_, gap)| (1..=max_gap_rows).contains(gap))
        .collect();
    for column in &mut rows.columns {
        *column = filled(column, &gaps, total, |_, _| f64::NAN);
    }
    rows.lines = filled(&rows.lines, &gaps, total, |_, _| 0);
    let time = |row: usize, step: usize| {
        // a slot between two times of the calendar has a time
        grid.time(slots[row - 1] + step as i64 + 1).unwrap_or(rows.times_ms[row])
    };
    rows.times_ms = filled(&rows.times_ms, &gaps, total, time);
    Ok(placed)
}

/// The values with those of `make` (row after the gap, place in the gap) between them.
fn filled<T: Copy>(values: &[T], gaps: &[(usize, usize)], total: usize, make: impl Fn(usize, usize) -> T) -> Vec<T> {
    let mut all = Vec::with_capacity(total);
    let mut done = 0;
    for &(row, gap) in gaps {
        all.extend_from_slice(&values[done..row]);
        all.extend((0..gap).map(|step| make(row, step)));
        done = row;
    }
    all.extend_from_slice(&values[done..]);
    all
}
