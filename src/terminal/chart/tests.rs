//! Charts against their pictures, and odd series.

use crate::terminal::display::Display;
use crate::terminal::pictures;

use super::draw::{Point, ROWS, WIDTHS, chart};

const STEP_MS: i64 = 120_000;
/// 2024-01-18T22:00:00.
const START_MS: i64 = 1_705_615_200_000;

/// Two hours of a wave of bits per slot, and half an hour of its forecast.
fn wave(first: i64, count: i64) -> Vec<Point> {
    (first..first + count)
        .map(|step| Point {
            time_ms: START_MS + step * STEP_MS,
            value: 27.0e6 + 2.0e6 * (step as f64 * 0.12).sin() + 0.3e6 * (step as f64 * 1.7).sin(),
        })
        .collect()
}

fn at_terminal(width: usize, unicode: bool) -> Display {
    Display { width, person: true, unicode, colour: false }
}

#[test]
fn pictures_of_history_and_forecast_are_as_wide_as_the_terminal() {
    for width in [80, 48] {
        let drawn = chart("down", &wave(0, 60), &wave(60, 15), &at_terminal(width, true));
        pictures::compare(&format!("chart-{width}"), &drawn);
        assert!(drawn.lines().all(|line| console::measure_text_width(line) <= width), "{drawn}");
        assert!(drawn.contains("forecast from 2024-01-19 00:00"), "{drawn}");
    }
}

#[test]
fn pictures_without_dots_are_ascii() {
    let drawn = chart("down", &wave(0, 60), &wave(60, 15), &at_terminal(80, false));
    pictures::compare("chart-ascii", &drawn);
    assert!(drawn.is_ascii(), "{drawn}");
    assert_eq!(chart("down", &wave(0, 60), &wave(60, 15), &Display::PLAIN), drawn, "as in a pipe");
}

#[test]
fn pictures_leave_gaps_where_nothing_was_measured() {
    let mut history = wave(0, 60);
    history[20..35].iter_mut().for_each(|point| point.value = f64::NAN);
    pictures::compare("chart-gap", &chart("down", &history, &wave(60, 15), &at_terminal(64, true)));
}

#[test]
fn colours_change_no_character() {
    let colourful = Display { colour: true, ..at_terminal(80, false) };
    let drawn = chart("down", &wave(0, 60), &wave(60, 15), &colourful);
    assert!(drawn.contains("\u{1b}["), "{drawn:?}");
    let stripped = console::strip_ansi_codes(&drawn).into_owned();
    assert_eq!(stripped, chart("down", &wave(0, 60), &wave(60, 15), &at_terminal(80, false)));
}

#[test]
fn odd_series_are_drawn_too() {
    let level = Point { time_ms: START_MS, value: 5.0 };
    let far = Point { time_ms: START_MS + 900 * 86_400_000, value: f64::NAN };
    for (history, forecast) in [(vec![level], vec![]), (vec![], vec![level]), (vec![level, far], vec![level])] {
        let drawn = chart("x", &history, &forecast, &at_terminal(200, true));
        assert!(drawn.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)), "the one point is a dot: {drawn}");
        assert!(drawn.lines().all(|line| console::measure_text_width(line) <= *WIDTHS.end()), "{drawn}");
    }
    for nothing in [vec![], vec![far]] {
        assert_eq!(chart("x", &nothing, &[], &at_terminal(80, true)), "", "there is nothing to show");
    }
    let huge = [Point { value: 1e300, ..level }, Point { value: -1e300, time_ms: START_MS + 1 }];
    assert!(chart("x", &huge, &[], &at_terminal(80, true)).lines().count() > ROWS);
}
