//! Rows, and what becomes of them before a method sees them.
//!
//! * `bridge`: the rows of a request joined to the rows that the fit ended with
//! * `gaps`: missing cells
//! * `history`: the regular, finite rows that a method computes on
//! * `level_shift`: a level that jumped after the fit
//! * `outliers`: cells that no scale may be decided by
//! * `target_rows`: rows of a target as a caller has them

mod bridge;
mod gaps;
mod history;
mod level_shift;
mod outliers;
mod target_rows;

pub use history::{Decomposition, History};
pub use target_rows::Rows;

pub use bridge::{Tail, joined};
pub use gaps::fill_gaps;
pub use outliers::without_outliers;
