//! The dynamic optimised Theta method on a series without its season.
//!
//! * `deseasonalised`: the season of a series, where it has one
//! * `model`: a fitted model and its forecast
//! * `state`: level and line, and how a row moves them

mod deseasonalised;
mod model;
mod state;

pub use model::Theta;
