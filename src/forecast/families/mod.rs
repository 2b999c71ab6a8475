//! The families of models, and the one table of them.
//!
//! * `fit`: Training any family: the one place that chooses among them
//! * `persistence`: Persistence: the last row, again and again
//! * `recurrent`: GRU and LSTM
//! * `ridge`: Ridge regression on lagged rows: logs of what is heavy-tailed, one set of coefficients per step ahead
//! * `seasonal_naive`: Seasonal naive: the value of the same time yesterday, day after day
//! * `verified_model`: A model as it is served: one verified, immutable value, and the forecasters built from it

pub(crate) mod fit;
mod persistence;
mod recurrent;
mod ridge;
mod seasonal_naive;
mod verified_model;

pub use fit::fit;
pub use verified_model::{VerifiedModel, forecast_alone};
