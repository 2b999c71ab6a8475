//! Exponential smoothing: level, trend and season, each with an error of its own kind.
//!
//! * `fit`: the form with the smallest AICc
//! * `form`: which parts a model has
//! * `model`: a fitted model and its forecast
//! * `start`: the state before the first row
//! * `state`: level, slope and season, and how a row moves them

mod fit;
mod form;
mod model;
mod start;
mod state;

pub use form::{Season, Trend};
pub use model::Ets;
