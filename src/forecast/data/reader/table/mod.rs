//! From records to columns.
//!
//! * `survey`: what the cells of each column are
//! * `plan`: how each column is read
//! * `extract`: reads all rows as planned
//! * `columns`: what becomes of each column, once its values are known
//! * `names`: columns by their names
//! * `one_hot`: a column of 0 and 1 for each word of a column
//! * `long`: the rows of each series of a long file

mod columns;
mod extract;
mod long;
mod names;
mod one_hot;
mod plan;
mod survey;

pub(crate) use columns::keep_columns;
pub(crate) use extract::{Pass, Table, extract};
pub(crate) use long::{Group, groups, repeated_ids};
pub(crate) use names::position_of;
pub(crate) use plan::{Plan, plan};
pub(crate) use survey::{ColumnSurvey, SAMPLE_ROWS, Survey, survey};

pub use columns::Fate;
