//! The methods. Each has a fit on a history, a small model that can be stored, and a forecast from a history that may run on after the fit.
//!
//! * `autoregression`: AR, its order by AICc
//! * `drift`: the straight line from the first row to the last
//! * `ets`: exponential smoothing
//! * `fitted_method`: any of them, fitted
//! * `lag_ridge`: ridge regression on recent and seasonal lags, one per step
//! * `method`: their names
//! * `mstl`: several seasons taken out by STL, the rest forecast by a small method
//! * `naive`: the last value
//! * `prophet`: trend with changepoints, Fourier seasons, holidays and known columns, by exact MAP
//! * `seasonal_autoregression`: AR on the differences from a season ago
//! * `seasonal_naive`: the value a season ago
//! * `setup`: what a fit is told
//! * `theta`: the dynamic optimised Theta method

mod autoregression;
mod drift;
mod ets;
mod fitted_method;
mod lag_ridge;
mod method;
mod mstl;
mod naive;
pub mod prophet;
mod seasonal_autoregression;
mod seasonal_naive;
mod setup;
mod theta;

pub use ets::{Ets, Season, Trend};
pub use fitted_method::FittedMethod;
pub use method::{Method, ROWS_MAX};
pub use prophet::Prophet;
pub use setup::Setup;
