//! The cheap families fitted to one series, and the one that forecasts it best.
//!
//! * `error`: why no family was chosen
//! * `fitted`: a family that was fitted, or the reason why it was not
//! * `parts`: the two parts of a series: what the families are fitted to, and what judges them
//! * `selection`: the contest of the families, and the winner fitted to all rows
//! * `settings`: what families are fitted with, and what the judge goes by
//! * `side_by_side`: one work on many items, by several threads

mod error;
mod fitted;
mod parts;
#[allow(clippy::module_inception, reason = "the part is called after what it makes")]
mod selection;
mod settings;
mod side_by_side;

pub use error::SelectionError;
pub use fitted::Fitted;
pub use selection::Selection;
pub use settings::SelectionSettings;
pub use side_by_side::side_by_side;
