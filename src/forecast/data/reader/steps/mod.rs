//! Steps from row to row: fixed ones, those of a local clock, and those of the calendar.
//!
//! * `step`: kinds of steps
//! * `freq`: the step that `FREQ` names
//! * `grid`: the times of a step, numbered
//! * `candidates`: grids that the times of a file may follow; `detect` picks the one that they do
//! * `rows`: rows in order, one a time
//! * `place`: rows on a grid, short gaps filled
//! * `resample`: rows within one step become one row

mod candidates;
mod detect;
mod freq;
mod grid;
mod place;
mod resample;
mod rows;
mod step;

pub(crate) use detect::{Hints, detect};
pub(crate) use place::place;
pub(crate) use resample::resample;
pub(crate) use rows::{Duplicated, Rows};

pub use freq::Freq;
pub use grid::Grid;
pub use step::{MonthDay, Step};
