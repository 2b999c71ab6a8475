//! Times as people write them.
//!
//! * `month_names`: names of months and days
//! * `cursor`: the unread part of a cell
//! * `date`: shapes of dates and periods
//! * `clock`: time of day and zone after a date
//! * `shape`: one way to write times, which reads and writes them; `shapes` finds the ways that fit a cell
//! * `form`: how a file writes its times, so that later times can be written the same way
//! * `cell_times`: times that stand in no file, such as those of a request
//! * `date_order`: the order of day, month and year in dates of numbers
//! * `guess`: which ways fit a column
//! * `choice`: which columns hold the time
//! * `zone`: local clocks; `resolve` makes instants of what local clocks show

mod cell_times;
mod choice;
mod clock;
mod cursor;
mod date;
mod date_order;
mod form;
mod guess;
mod month_names;
mod resolve;
mod shape;
mod zone;

pub(crate) use choice::{Join, TimeChoice, choose_time};
pub(crate) use date::civil;
pub(crate) use guess::TimeGuess;
pub(crate) use resolve::LocalTimes;
pub(crate) use shape::{NAIVE, Style};

pub use cell_times::{CellTimes, CellTimesError, cell_times};
pub use choice::{is_time_name, time_names};
pub use date_order::DateOrder;
pub use form::TimeFormat;
pub use shape::Period;
pub use zone::LocalClock;
