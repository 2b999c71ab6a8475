//! Measurements and their forecast as one chart.
//!
//! * `axis`: round numbers and times for the axes
//! * `canvas`: a grid of cells that lines are drawn on
//! * `draw`: the frame, and what is drawn into it
//! * `tests`: charts against their pictures

mod axis;
mod canvas;
mod draw;
#[cfg(test)]
mod tests;

pub use draw::{Point, chart};
