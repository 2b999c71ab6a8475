//! Ridge regression on recent and seasonal lags, anchored on the recent level; one regression per step ahead.
//!
//! * `inputs`: the inputs of one equation
//! * `layout`: which inputs there are
//! * `model`: a fitted model and its forecast
//! * `penalty`: the penalty of one step, chosen on later rows

mod inputs;
mod layout;
mod model;
mod penalty;

pub use model::LagRidge;
