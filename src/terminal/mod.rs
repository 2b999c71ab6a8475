//! What a person sees in a terminal.
//!
//! * `bar`: A bar to either side of a middle line
//! * `chart`: Measurements and forecast as one chart
//! * `display`: What stdout can show: how wide it is, which characters it has, and whether it has colours
//! * `forecast`: One forecast for people, and the command that asks for it again
//! * `pictures`: Texts as they must look, kept as files so that they can be looked at
//! * `plain`: Text that somebody else wrote, for a terminal
//! * `progress`: Progress bars on a terminal; elsewhere the log tells the progress and nothing is drawn
//! * `scoreboard`: The scoreboard of a round of judging, and the model that came out of it

mod bar;
pub(crate) mod chart;
mod display;
pub(crate) mod forecast;
#[cfg(test)]
mod pictures;
pub(crate) mod plain;
mod progress;
pub(crate) mod scoreboard;

pub use chart::{Point, chart};
pub use display::Display;
pub use forecast::{ForecastRow, curl_line, forecast};
pub use plain::plain;
pub use progress::Terminal;
pub use scoreboard::{Promoted, Rank, ScoreRow, Scoreboard, promoted, scoreboard};
