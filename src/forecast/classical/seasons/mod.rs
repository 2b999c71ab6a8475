//! Seasons that are found, not assumed: from the step, the calendar and the data.
//!
//! * `calendar`: the lengths that step and calendar suggest
//! * `evidence`: whether the data have a season of a length
//! * `find`: the search
//! * `period`: the length that the data suggest themselves

mod calendar;
mod evidence;
mod find;
mod period;

pub use find::find_seasons;
