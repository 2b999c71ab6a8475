//! `flts forecast` and `flts backtest`: forecasts of the steps after a file or a data set, and how good each family is at them.
//!
//! * `answer`: a forecast with its times
//! * `backtest`: `flts backtest`
//! * `command`: `flts forecast`: its flags, and what runs it
//! * `fitted`: a forecast by the cheap family that is best on a file, without a node
//! * `formats`: forecasts as CSV, JSON and charts
//! * `promoted`: a forecast by the promoted model
//! * `series`: the series of a file that a command is about

mod answer;
pub mod backtest;
mod command;
mod fitted;
mod formats;
mod promoted;
mod series;

pub use command::{command, parse, work};
