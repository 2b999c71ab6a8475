//! What a person sees in a terminal.
//!
//! * `bar`: a bar to the left or right of a middle line
//! * `chart`: measurements and their forecast as one chart
//! * `display`: what stdout can show: width, characters and colours
//! * `forecast`: a forecast as a table, and the command that asks for it again
//! * `pictures`: the expected texts of the tests, kept as files
//! * `plain`: text from elsewhere, without control characters
//! * `progress`: progress bars
//! * `scoreboard`: the scores of an evaluation round, and the promoted model

mod bar;
mod chart;
mod display;
mod forecast;
#[cfg(test)]
mod pictures;
mod plain;
mod progress;
mod scoreboard;

pub use chart::{Point, chart};
pub use display::Display;
pub use forecast::{ForecastRow, curl_line, forecast};
pub use plain::plain;
pub use progress::Terminal;
pub use scoreboard::{Promoted, Rank, ScoreRow, Scoreboard, promoted, scoreboard};
