//! What a person sees: progress bars, the scoreboard, the promoted model, one forecast and the line to repeat it.
//!
//! - [`mod@progress`]: a bar for each piece of work, on a terminal only
//! - [`mod@scoreboard`]: every candidate as a table, and the model that is served
//! - [`mod@forecast`]: a few rows of a forecast and the command that asks for it
//!
//! Rendering is pure text; [`Terminal`] is the thin part that prints.

mod forecast;
mod progress;
mod scoreboard;

pub use forecast::{ForecastRow, curl_line, forecast};
pub use progress::Terminal;
pub use scoreboard::{Promoted, ScoreRow, promoted, scoreboard};
