//! Several seasons taken out by STL, and what is left forecast by a small method.
//!
//! * `decompose`: the decomposition
//! * `model`: a fitted model and its forecast

mod decompose;
mod model;

pub use model::{Mstl, TrendMethod};
