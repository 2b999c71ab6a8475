//! What a person sees: progress bars, the scoreboard, the promoted model, one forecast and the line to repeat it.
//!
//! - [`mod@look`]: what the terminal can show
//! - [`mod@progress`]: a bar for each piece of work, on a terminal only
//! - [`mod@scoreboard`]: every candidate against persistence ([`mod@bar`]), and the model that is served
//! - [`mod@chart`]: what was measured and what is forecast, as a picture
//! - [`mod@forecast`]: a few rows of a forecast and the command that asks for it
//! - [`mod@plain`]: what others wrote, made harmless
//!
//! Rendering is pure: values and a [`Look`] in, text out. [`Terminal`] is the thin part that prints.

mod bar;
mod chart;
mod forecast;
mod look;
#[cfg(test)]
mod pictures;
mod plain;
mod progress;
mod scoreboard;

pub use chart::{Point, chart};
pub use forecast::{ForecastRow, curl_line, forecast};
pub use look::Look;
pub use plain::plain;
pub use progress::Terminal;
pub use scoreboard::{Promoted, Rank, ScoreRow, Scoreboard, promoted, scoreboard};
