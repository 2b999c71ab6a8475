//! Times that stand in no file, such as those of a request: which form they have, and which instants they mean.

use super::date_order::DateOrder;
use super::form::TimeFormat;
use super::guess::{Guessed, NameKind, TimeGuess};
use super::resolve::LocalTimes;
use super::shape::{NAIVE, Shape, Style};
use super::zone::LocalClock;
use crate::forecast::data::reader::mistakes::Found;

/// Times that were read.
#[derive(Debug, Clone, PartialEq)]
pub struct CellTimes {
    /// ms since 1970 in UTC, in the order of the cells; what the clock shows as if it were UTC where neither cell nor clock has a zone.
    pub times_ms: Vec<i64>,
    /// How they are written.
    pub format: TimeFormat,
    /// The first cell without a zone.
    pub naive_row: Option<usize>,
    /// The first cell with a zone.
    pub zoned_row: Option<usize>,
}

/// Why times cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellTimesError {
    /// This cell is no time, or none as the others.
    Unreadable(usize),
    /// Day first and month first fit all cells.
    TwoOrders,
    /// The clock does not show a time, or shows it twice.
    Clock(String),
}

/// Reads times that are all written in one form: the `known` one, else the one that they show. `clock` says what times without a zone mean.
pub fn cell_times<'a>(
    cells: impl Iterator<Item = &'a str> + Clone,
    known: Option<&TimeFormat>,
    order: Option<DateOrder>,
    clock: LocalClock,
) -> Result<CellTimes, CellTimesError> {
    let first = cells.clone().next().unwrap_or_default().trim().as_bytes();
    let known = known.map(|format| &format.shape).filter(|shape| shape.read(first).is_some());
    let shape = match known {
        Some(shape) => shape.clone(),
        None => guessed(cells.clone(), order)?,
    };
    let (mut style, mut times) = (Style::default(), LocalTimes::default());
    let (mut naive_row, mut zoned_row, mut last_offset) = (None, None, None);
    for (row, cell) in cells.enumerate() {
        let (stamp, found) = shape.read(cell.trim().as_bytes()).ok_or(CellTimesError::Unreadable(row))?;
        style.merge(found);
        if stamp.offset == NAIVE {
            naive_row = naive_row.or(Some(row));
        } else {
            zoned_row = zoned_row.or(Some(row));
            last_offset = Some(stamp.offset);
        }
        times.walls_ms.push(stamp.wall_ms);
        times.offsets.push(stamp.offset);
        times.lines.push(u32::try_from(row).unwrap_or(u32::MAX));
    }
    let format = TimeFormat { shape, style, is_joined: false, last_offset };
    let mut found = Found::default();
    let rows: Vec<u32> = (0..times.walls_ms.len() as u32).collect();
    let write = |wall_ms: i64| format.write(wall_ms, LocalClock::AsWritten);
    let times_ms = times.instants(&rows, clock, write, &mut found);
    found.check().map_err(|mistakes| CellTimesError::Clock(mistakes.to_string()))?;
    Ok(CellTimes { times_ms, format, naive_row, zoned_row })
}

fn guessed<'a>(cells: impl Iterator<Item = &'a str>, order: Option<DateOrder>) -> Result<Shape, CellTimesError> {
    let mut guess = TimeGuess::default();
    for cell in cells {
        guess.add(cell.trim().as_bytes(), order);
    }
    match guess.guessed(NameKind::Time) {
        Guessed::Shape(shape) => Ok(shape),
        Guessed::TwoOrders => Err(CellTimesError::TwoOrders),
        Guessed::NoTimes => Err(CellTimesError::Unreadable(0)),
    }
}
