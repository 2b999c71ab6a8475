//! From a request or a claim to a forecast.
//!
//! * `backtest`: A claim's rows as a model is asked about them: the forecast after the last row, and a replay of the rows themselves, which tells how far off the model would have been
//! * `request`: From the rows of a request to the context of a model: the model's manifest decides what is needed

mod backtest;
mod request;

pub use backtest::{BACKTEST_ORIGINS_MAX, BacktestErrors, BacktestSample, ClaimRows};
pub use request::{MAX_HORIZON, PreparedRequest, RequestError, RequestRows, check_forecast, prepare_request};
