//! Numbers that every method needs.
//!
//! * `cholesky`: symmetric positive definite systems
//! * `days`: days and weekdays of times
//! * `gram`: the normal equations of a regression
//! * `log_scale`: logs where every value is positive
//! * `moving_average`: the centred moving average
//! * `nelder_mead`: a minimum without derivatives
//! * `phase_means`: the seasonal indices of a series
//! * `statistics`: mean, spread, quantiles, autocorrelation

pub mod cholesky;
pub mod days;
pub mod gram;
pub mod log_scale;
pub mod moving_average;
pub mod nelder_mead;
pub mod phase_means;
pub mod statistics;
