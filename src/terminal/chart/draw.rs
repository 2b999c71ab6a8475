//! Draws measurements and their forecast as one chart: values up, time across, and a mark where the forecast begins.

use std::ops::RangeInclusive;

use crate::terminal::display::Display;

use super::axis;
use super::canvas::{Canvas, Layer};

pub(super) const ROWS: usize = 12;
pub(super) const WIDTHS: RangeInclusive<usize> = 40..=120;
const VALUE_TICKS: usize = 5;

/// A value and its time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Milliseconds since 1970.
    pub time_ms: i64,
    /// In the column's own unit; a value that is no number leaves a gap.
    pub value: f64,
}

/// Draws the last measured points of a column and its forecast, both in order of time, as wide as `display` allows.
///
/// The text is empty if there is no number to show.
pub fn chart(name: &str, history: &[Point], forecast: &[Point], display: &Display) -> String {
    let Some(frame) = Frame::around(history, forecast, display) else {
        return String::new();
    };
    let mut canvas = Canvas::new(frame.columns, ROWS, display.unicode);
    frame.draw(&mut canvas, history, Layer::History);
    // the forecast goes on from the last measured point
    let joined: Vec<Point> = history.last().into_iter().chain(forecast).copied().collect();
    frame.draw(&mut canvas, &joined, Layer::Forecast);

    let mut lines = vec![legend(name, !forecast.is_empty(), display)];
    lines.extend((0..ROWS).map(|row| frame.line(&canvas, row, display)));
    lines.extend(frame.time_axis(display));
    lines.extend(frame.origin(display));
    lines.join("\n")
}

/// The ranges that the chart shows, and where they lie on the canvas.
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
    fn around(history: &[Point], forecast: &[Point], display: &Display) -> Option<Frame> {
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
            dots: Canvas::new(0, 0, display.unicode).dots_per_cell(),
        };
        for (value, label) in axis::value_ticks(values.0, values.1, VALUE_TICKS, display.unicode) {
            frame.label_width = frame.label_width.max(label.chars().count());
            let row = frame.y(value) / frame.dots.1;
            frame.labels[row] = Some(label);
        }
        frame.columns = display.width.clamp(*WIDTHS.start(), *WIDTHS.end()).saturating_sub(frame.label_width + 3);
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
    fn line(&self, canvas: &Canvas, row: usize, display: &Display) -> String {
        let (tick, plain, mark) = if display.unicode { ("┤", "│", '┊') } else { ("+", "|", ':') };
        let label = self.labels[row].as_deref();
        let axis = format!(
            "{:>width$} {} ",
            label.unwrap_or_default(),
            if label.is_some() { tick } else { plain },
            width = self.label_width
        );
        let from = self.forecast_from.map(|time_ms| self.column(time_ms));
        let mut text = display.style().dim().apply_to(axis).to_string();
        let mut run = (String::new(), Layer::Blank);
        for (at, (character, layer)) in canvas.row(row).enumerate() {
            let character = if layer == Layer::Blank && from == Some(at) { mark } else { character };
            if layer != run.1 {
                text += &coloured(&std::mem::take(&mut run.0), run.1, display);
                run.1 = layer;
            }
            run.0.push(character);
        }
        text += &coloured(run.0.trim_end(), run.1, display);
        text.trim_end().into()
    }

    /// The time axis and its labels below.
    fn time_axis(&self, display: &Display) -> [String; 2] {
        let (corner, bar, tick) = if display.unicode { ('└', '─', '┬') } else { ('+', '-', '+') };
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
        let style = display.style().dim();
        [style.apply_to(axis).to_string(), style.apply_to(labels.trim_end()).to_string()]
    }

    /// The line below the chart that points at the start of the forecast.
    fn origin(&self, display: &Display) -> Option<String> {
        let from = self.forecast_from?;
        let arrow = if display.unicode { '▲' } else { '^' };
        let at = self.label_width + 3 + self.column(from);
        let words = format!("forecast from {}", axis::full_time(from));
        let right = format!("{arrow} {words}");
        let text = match at + right.chars().count() <= self.label_width + 3 + self.columns {
            true => format!("{}{right}", " ".repeat(at)),
            false => format!("{:>at$}{arrow}", format!("{words} ")),
        };
        Some(coloured(&text, Layer::Forecast, display))
    }
}

fn around(level: f64) -> (f64, f64) {
    let room = if level == 0.0 { 1.0 } else { level.abs() * 0.1 };
    (level - room, level + room)
}

/// The legend: it tells the lines apart by colour, by character, or by the side of the mark that they lie on.
fn legend(name: &str, forecast: bool, display: &Display) -> String {
    let entry = |mark: &str, word: &str, layer| coloured(format!("{mark} {word}").trim_start(), layer, display);
    let (history_mark, forecast_mark) = match display.unicode {
        false => ("**", "oo"),
        true if display.colour => ("⠒⠒", "⠒⠒"),
        true => ("", ""),
    };
    let mut text = format!("{name}   {}", entry(history_mark, "measured", Layer::History));
    if forecast {
        let between = if display.unicode { " ┊ " } else { "   " };
        text += &format!("{between}{}", entry(forecast_mark, "forecast", Layer::Forecast));
    }
    text
}

fn coloured(text: &str, layer: Layer, display: &Display) -> String {
    let style = match layer {
        Layer::Blank => display.style().dim(),
        Layer::History => display.style().cyan(),
        Layer::Forecast => display.style().yellow().bold(),
    };
    if text.trim().is_empty() { text.into() } else { style.apply_to(text).to_string() }
}
