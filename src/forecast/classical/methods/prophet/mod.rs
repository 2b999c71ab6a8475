//! Prophet: a trend with changepoints, Fourier seasons, holidays and known columns, its posterior maximised exactly.
//!
//! * `bilinear`: the maximum where terms multiply with the trend
//! * `design`: the columns of the regression
//! * `fourier`: seasons as sines and cosines
//! * `holidays`: days that differ
//! * `maximum`: the exact maximum of the additive posterior
//! * `model`: a fitted model and its forecast
//! * `posterior`: the posterior and its value
//! * `settings`: how it is set up
//! * `trend`: the piecewise line

mod bilinear;
mod design;
mod fourier;
mod holidays;
mod maximum;
mod model;
mod posterior;
mod settings;
mod trend;

pub use holidays::Holiday;
pub use model::Prophet;
pub use settings::{Growth, ProphetSettings, SeasonOrder, Seasonality, TermMode};
