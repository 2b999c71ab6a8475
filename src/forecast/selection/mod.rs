//! The cheap families fitted to one series, and the one that forecasts it best.
//!
//! * `contest`: the contest of the families, and the winner fitted to all rows
//! * `error`: why no family was chosen
//! * `fitted`: a family that was fitted, or the reason why it was not
//! * `parts`: the two parts of a series: what the families are fitted to, and what judges them
//! * `settings`: what families are fitted with, and what the judge goes by
//! * `side_by_side`: one work on many items, by several threads

mod contest;
mod error;
mod fitted;
mod parts;
mod settings;
mod side_by_side;

pub use contest::Selection;
pub use error::SelectionError;
pub use fitted::Fitted;
pub use settings::SelectionSettings;
pub use side_by_side::side_by_side;
