//! Reads the time series that people have: bytes and options give series, or mistakes that say what to do.
//!
//! * `options`: the settings
//! * `text`: from bytes to records of cells
//! * `cells`: what one cell says
//! * `times`: times as people write them, and local clocks
//! * `table`: from records to columns
//! * `steps`: grids of fixed, local and calendar steps
//! * `series_of_table`: from columns to series
//! * `read`: all of it in order
//! * `outline`: what a file becomes, known before it is read whole
//! * `reading`, `understanding`, `mistakes`: what comes out

mod cells;
mod mistakes;
mod options;
mod outline;
mod read;
mod reading;
mod series_of_table;
mod steps;
mod table;
mod text;
mod times;
mod understanding;

pub use mistakes::Mistakes;
pub use options::{Duplicates, ReadOptions, Resample, time_zone};
pub use outline::outline;
pub use read::read;
pub use reading::{FileSeries, Reading};
pub use steps::{Freq, Grid, MonthDay, Step};
pub use table::Fate;
pub use text::{Compression, Encoding};
pub use times::{CellTimes, CellTimesError, DateOrder, LocalClock, TimeFormat, cell_times, is_time_name, time_names};
pub use understanding::{ColumnUnderstanding, Repairs, TimeUnderstanding, Understanding};
