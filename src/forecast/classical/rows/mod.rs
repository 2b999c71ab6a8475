//! Rows, and what becomes of them before a method sees them.
//!
//! * `bridge`: the rows of a request joined to the rows that the fit ended with
//! * `gaps`: missing cells
//! * `history`: the regular, finite rows that a method computes on
//! * `level_shift`: a level that jumped after the fit
//! * `outliers`: cells that no scale may be decided by
//! * `rows`: rows as a caller has them

mod bridge;
mod gaps;
mod history;
mod level_shift;
mod outliers;
mod rows;

pub use history::{Decomposition, History};
pub use rows::Rows;

pub use bridge::{Tail, joined};
pub use gaps::fill_gaps;
pub use outliers::without_outliers;
