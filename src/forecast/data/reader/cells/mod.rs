//! What one cell says.
//!
//! * `marks`: missing cells, and words that are yes or no
//! * `number`: numbers in one form
//! * `forms`: which form the numbers of a column have

mod forms;
mod marks;
mod number;

pub(crate) use forms::FormCounts;
pub(crate) use marks::{Switch, is_missing, switch_of};
pub(crate) use number::{NumberError, NumberForm};
