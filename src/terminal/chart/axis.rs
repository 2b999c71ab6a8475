//! Round numbers and times for the axes of a chart.

use chrono::{DateTime, Utc};

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// Steps of time that people count in.
const TIME_STEPS_MS: [i64; 22] = [
    SECOND_MS,
    5 * SECOND_MS,
    15 * SECOND_MS,
    30 * SECOND_MS,
    MINUTE_MS,
    2 * MINUTE_MS,
    5 * MINUTE_MS,
    10 * MINUTE_MS,
    15 * MINUTE_MS,
    30 * MINUTE_MS,
    HOUR_MS,
    2 * HOUR_MS,
    3 * HOUR_MS,
    6 * HOUR_MS,
    12 * HOUR_MS,
    DAY_MS,
    2 * DAY_MS,
    7 * DAY_MS,
    14 * DAY_MS,
    30 * DAY_MS,
    91 * DAY_MS,
    365 * DAY_MS,
];

/// SI prefixes from 10^-12 on, a thousand apart.
const PREFIXES: [&str; 9] = ["p", "n", "µ", "m", "", "k", "M", "G", "T"];
const PREFIX_ONE: i32 = 4;

/// Round values within `low..=high`, at most `most` of them, with their labels.
pub fn value_ticks(low: f64, high: f64, most: usize, unicode: bool) -> Vec<(f64, String)> {
    let step = round_up((high - low) / most.max(1) as f64);
    let first = (low / step).ceil();
    let values = (0..most).map(|at| (first + at as f64) * step).take_while(|value| *value <= high + step * 1e-9);
    let largest = low.abs().max(high.abs());
    values.map(|value| (value, si(value, largest, step, unicode))).collect()
}

/// Round times within `first..=last` whose labels have room in `columns`, with their labels.
pub fn time_ticks(first_ms: i64, last_ms: i64, columns: usize) -> Vec<(i64, String)> {
    const ROOM: i64 = 10;
    let span_ms = (last_ms - first_ms).max(1);
    let most = (columns as i64 / ROOM).max(1);
    let step_ms = TIME_STEPS_MS.into_iter().find(|step| span_ms / step <= most).unwrap_or(span_ms);
    let mut at_ms = first_ms.div_euclid(step_ms) * step_ms;
    if at_ms < first_ms {
        at_ms += step_ms;
    }
    let mut ticks = Vec::new();
    while at_ms <= last_ms {
        ticks.push((at_ms, short_time(at_ms, step_ms)));
        at_ms += step_ms;
    }
    ticks
}

/// A time in full, to the second only where it has one.
pub fn full_time(ms: i64) -> String {
    let seconds = if ms.rem_euclid(MINUTE_MS) == 0 { "" } else { ":%S" };
    format(ms, &format!("%Y-%m-%d %H:%M{seconds}"))
}

/// The hour where steps are shorter than a day, and the day where one begins.
fn short_time(ms: i64, step_ms: i64) -> String {
    let pattern = match step_ms {
        _ if ms.rem_euclid(DAY_MS) == 0 && step_ms < 365 * DAY_MS => "%d %b",
        0..MINUTE_MS => "%H:%M:%S",
        MINUTE_MS..DAY_MS => "%H:%M",
        _ => "%Y",
    };
    format(ms, pattern)
}

fn format(ms: i64, pattern: &str) -> String {
    DateTime::<Utc>::from_timestamp_millis(ms).map_or_else(|| ms.to_string(), |time| time.format(pattern).to_string())
}

/// The next larger number that is 1, 2, 2.5, 5 or 10 times a power of ten.
fn round_up(width: f64) -> f64 {
    let power = 10f64.powf(width.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= width).unwrap_or(width)
}

/// A value with the SI prefix that suits the largest one, and with enough digits to tell two steps apart.
fn si(value: f64, largest: f64, step: f64, unicode: bool) -> String {
    let thousands = (largest.log10() / 3.0).floor() as i32;
    let at = (thousands + PREFIX_ONE).clamp(0, PREFIXES.len() as i32 - 1);
    let prefix = match PREFIXES[at as usize] {
        "µ" if !unicode => "u",
        prefix => prefix,
    };
    let scale = 1000f64.powi(at - PREFIX_ONE);
    let decimals = (0..9).find(|digits| is_whole(step / scale * 10f64.powi(*digits))).unwrap_or(9) as usize;
    // a tick that is zero but for rounding
    let shown = if value.abs() < step * 1e-6 { 0.0 } else { value / scale };
    format!("{shown:.decimals$}{}", if shown == 0.0 { "" } else { prefix })
}

fn is_whole(number: f64) -> bool {
    (number - number.round()).abs() < 1e-6 && number >= 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        value_ticks(low, high, 5, true).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn values_are_told_in_round_steps_with_the_prefix_of_the_largest() {
        assert_eq!(labels(25.2e6, 28.9e6), ["26M", "27M", "28M"]);
        assert_eq!(labels(0.2, 1.1), ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-1500.0, 1500.0), ["-1k", "0", "1k"]);
        assert_eq!(labels(1.1e-8, 2.9e-8), ["15n", "20n", "25n"]);
        assert_eq!(labels(1.0e8, 1.0e8 + 3.0), ["100.000000M", "100.000001M", "100.000002M", "100.000003M"]);
        assert_eq!(value_ticks(2e-6, 3e-6, 2, false).last().map(|(_, label)| label.clone()), Some("3u".into()));
    }

    #[test]
    fn times_are_told_in_round_steps_and_a_new_day_by_its_date() {
        let midnight = 1_705_622_400_000;
        let told = |first, last| time_ticks(first, last, 60).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(told(midnight - 3 * HOUR_MS, midnight + HOUR_MS), ["21:00", "22:00", "23:00", "19 Jan", "01:00"]);
        assert_eq!(
            told(midnight, midnight + 3 * DAY_MS),
            ["19 Jan", "12:00", "20 Jan", "12:00", "21 Jan", "12:00", "22 Jan"]
        );
        assert_eq!(told(midnight, midnight), ["19 Jan"], "one moment is no reason to fail");
        assert_eq!(full_time(midnight + 61_000), "2024-01-19 00:01:01");
    }
}
