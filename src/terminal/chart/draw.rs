//! What was measured and what is forecast, as one picture: values up, time across, and where the forecast begins.
//!
//! - here: the frame and what goes into it
//! - [`canvas`]: dots into characters
//! - [`axis`]: round numbers and times

use std::ops::RangeInclusive;

use crate::terminal::display::Display;

use super::axis;
use super::canvas::{Canvas, Layer};

const ROWS: usize = 12;
const WIDTHS: RangeInclusive<usize> = 40..=120;
const VALUE_TICKS: usize = 5;

/// A value and its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// In the column's own unit; a value that is no number leaves a gap.
    pub value: f64,
}

/// Draws a column's last measured points and its forecast, both in order of time, as wide as `look` allows.
///
/// Empty where there is not a single number to show.
pub fn chart(name: &str, history: &[Point], forecast: &[Point], look: &Display) -> String {
    let Some(frame) = Frame::around(history, forecast, look) else {
        return String::new();
    };
    let mut canvas = Canvas::new(frame.columns, ROWS, look.unicode);
    frame.draw(&mut canvas, history, Layer::History);
    // the forecast goes on from the last measured point
    let joined: Vec<Point> = history.last().into_iter().chain(forecast).copied().collect();
    frame.draw(&mut canvas, &joined, Layer::Forecast);

    let mut lines = vec![legend(name, !forecast.is_empty(), look)];
    lines.extend((0..ROWS).map(|row| frame.line(&canvas, row, look)));
    lines.extend(frame.time_axis(look));
    lines.extend(frame.origin(look));
    lines.join("\n")
}

/// What is shown, and where on the canvas it lies.
struct Frame {
    columns: usize,
    times_ms: (i64, i64),
    values: (f64, f64),
    /// Labels of the value axis, by row.
    labels: Vec<Option<String>>,
    label_width: usize,
    forecast_from: Option<i64>,
    dots: (usize, usize),
}

impl Frame {
    fn around(history: &[Point], forecast: &[Point], look: &Display) -> Option<Frame> {
        let points = || history.iter().chain(forecast);
        let finite = || points().map(|point| point.value).filter(|value| value.is_finite());
        let (low, high) = (finite().reduce(f64::min)?, finite().reduce(f64::max)?);
        // a level line has room above and below
        let values = if low < high { (low, high) } else { around(low) };
        let times_ms = (points().map(|point| point.time_ms).min()?, points().map(|point| point.time_ms).max()?);
        let mut frame = Frame {
            columns: 0,
            times_ms,
            values,
            labels: vec![None; ROWS],
            label_width: 0,
            forecast_from: forecast.first().map(|point| point.time_ms),
            dots: Canvas::new(0, 0, look.unicode).dots_per_cell(),
        };
        for (value, label) in axis::value_ticks(values.0, values.1, VALUE_TICKS, look.unicode) {
            frame.label_width = frame.label_width.max(label.chars().count());
            let row = frame.y(value) / frame.dots.1;
            frame.labels[row] = Some(label);
        }
        frame.columns = look.width.clamp(*WIDTHS.start(), *WIDTHS.end()).saturating_sub(frame.label_width + 3);
        Some(frame)
    }

    /// Dots from the left.
    fn x(&self, time_ms: i64) -> usize {
        let span = (self.times_ms.1 - self.times_ms.0).max(1) as f64;
        let last = (self.columns * self.dots.0).saturating_sub(1) as f64;
        ((time_ms - self.times_ms.0) as f64 / span * last).round() as usize
    }

    /// Dots from the top.
    fn y(&self, value: f64) -> usize {
        let last = (ROWS * self.dots.1 - 1) as f64;
        ((self.values.1 - value) / (self.values.1 - self.values.0) * last).round() as usize
    }

    fn column(&self, time_ms: i64) -> usize {
        self.x(time_ms) / self.dots.0
    }

    fn draw(&self, canvas: &mut Canvas, points: &[Point], layer: Layer) {
        let place = |point: &Point| (self.x(point.time_ms), self.y(point.value));
        let shown = |point: &Point| point.value.is_finite();
        if let [only] = points
            && shown(only)
        {
            canvas.line(place(only), place(only), layer);
        }
        for pair in points.windows(2) {
            match (shown(&pair[0]), shown(&pair[1])) {
                (true, true) => canvas.line(place(&pair[0]), place(&pair[1]), layer),
                (true, false) => canvas.line(place(&pair[0]), place(&pair[0]), layer),
                (false, true) => canvas.line(place(&pair[1]), place(&pair[1]), layer),
                (false, false) => {}
            }
        }
    }

    /// One row: label, axis, cells, and the line where the forecast begins.
    fn line(&self, canvas: &Canvas, row: usize, look: &Display) -> String {
        let (tick, plain, mark) = if look.unicode { ("┤", "│", '┊') } else { ("+", "|", ':') };
        let label = self.labels[row].as_deref();
        let axis = format!(
            "{:>width$} {} ",
            label.unwrap_or_default(),
            if label.is_some() { tick } else { plain },
            width = self.label_width
        );
        let from = self.forecast_from.map(|time_ms| self.column(time_ms));
        let mut text = look.style().dim().apply_to(axis).to_string();
        let mut run = (String::new(), Layer::Blank);
        for (at, (character, layer)) in canvas.row(row).enumerate() {
            let character = if layer == Layer::Blank && from == Some(at) { mark } else { character };
            if layer != run.1 {
                text += &coloured(&std::mem::take(&mut run.0), run.1, look);
                run.1 = layer;
            }
            run.0.push(character);
        }
        text += &coloured(run.0.trim_end(), run.1, look);
        text.trim_end().into()
    }

    /// The time axis and its labels below.
    fn time_axis(&self, look: &Display) -> [String; 2] {
        let (corner, bar, tick) = if look.unicode { ('└', '─', '┬') } else { ('+', '-', '+') };
        let mut axis = vec![bar; self.columns + 1];
        let mut labels = vec![' '; self.columns + 1];
        let mut free = 0;
        for (time_ms, label) in axis::time_ticks(self.times_ms.0, self.times_ms.1, self.columns) {
            let at = self.column(time_ms) + 1;
            let start = at.saturating_sub(label.chars().count() / 2);
            if start < free || start + label.chars().count() > labels.len() {
                continue;
            }
            axis[at] = tick;
            label.chars().enumerate().for_each(|(offset, character)| labels[start + offset] = character);
            free = start + label.chars().count() + 2;
        }
        let indent = " ".repeat(self.label_width + 1);
        let axis: String = format!("{indent}{corner}{}", axis.into_iter().collect::<String>());
        let labels: String = format!("{indent} {}", labels.into_iter().collect::<String>());
        let style = look.style().dim();
        [style.apply_to(axis).to_string(), style.apply_to(labels.trim_end()).to_string()]
    }

    /// Where the forecast begins, pointed at from below.
    fn origin(&self, look: &Display) -> Option<String> {
        let from = self.forecast_from?;
        let arrow = if look.unicode { '▲' } else { '^' };
        let at = self.label_width + 3 + self.column(from);
        let words = format!("forecast from {}", axis::full_time(from));
        let right = format!("{arrow} {words}");
        let text = match at + right.chars().count() <= self.label_width + 3 + self.columns {
            true => format!("{}{right}", " ".repeat(at)),
            false => format!("{:>at$}{arrow}", format!("{words} ")),
        };
        Some(coloured(&text, Layer::Forecast, look))
    }
}

fn around(level: f64) -> (f64, f64) {
    let room = if level == 0.0 { 1.0 } else { level.abs() * 0.1 };
    (level - room, level + room)
}

/// Which line is which: by colour, by character, or by the side of the mark that it lies on.
fn legend(name: &str, forecast: bool, look: &Display) -> String {
    let told = |mark: &str, word: &str, layer| coloured(format!("{mark} {word}").trim_start(), layer, look);
    let (history_mark, forecast_mark) = match look.unicode {
        false => ("**", "oo"),
        true if look.colour => ("⠒⠒", "⠒⠒"),
        true => ("", ""),
    };
    let mut text = format!("{name}   {}", told(history_mark, "measured", Layer::History));
    if forecast {
        let between = if look.unicode { " ┊ " } else { "   " };
        text += &format!("{between}{}", told(forecast_mark, "forecast", Layer::Forecast));
    }
    text
}

fn coloured(text: &str, layer: Layer, look: &Display) -> String {
    let style = match layer {
        Layer::Blank => look.style().dim(),
        Layer::History => look.style().cyan(),
        Layer::Forecast => look.style().yellow().bold(),
    };
    if text.trim().is_empty() { text.into() } else { style.apply_to(text).to_string() }
}
