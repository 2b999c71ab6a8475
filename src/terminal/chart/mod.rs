//! Measurements and forecast as one chart.
//!
//! * `axis`: Round numbers and round times for the edges of a chart
//! * `canvas`: A grid of cells that lines are drawn on: eight braille dots a cell, or one ASCII character
//! * `draw`: What was measured and what is forecast, as one picture: values up, time across, and where the forecast begins
//! * `tests`:

mod axis;
mod canvas;
pub(crate) mod draw;
#[cfg(test)]
mod tests;

pub use draw::{Point, chart};
