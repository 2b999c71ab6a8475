//! From the rows of a request or of a claim to a forecast, and from a forecast to JSON.
//!
//! * `backtest`: a claim's rows: the forecast after the last row, and a backtest of the model on the rows themselves
//! * `predictions`: a forecast as JSON rows
//! * `request_error`: what is wrong with the rows of a request or of a claim
//! * `request_times`: the times of a request, in the form in which they were sent
//! * `request`: from the rows of a request to the context of a model
//! * `time_texts`: the times of rows as texts

mod backtest;
mod predictions;
mod request;
mod request_error;
mod request_times;
mod time_texts;

pub use backtest::{BACKTEST_ORIGINS_MAX, BacktestErrors, BacktestSample, ClaimRows};
pub use predictions::{forecast_times, prediction_rows};
pub use request::{MAX_HORIZON, PreparedRequest, RequestRows, check_forecast, prepare_request};
pub use request_error::RequestError;
pub use time_texts::TimeTexts;
