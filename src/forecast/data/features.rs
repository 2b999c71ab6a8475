//! Where a time stands in the day, the week and the year, as points on circles.

use std::f64::consts::TAU;

use chrono::{DateTime, Datelike};

use super::column::Column;
use super::series::Series;

/// Names of the calendar columns, in the order in which they are added.
pub const CALENDAR_COLUMNS: [&str; 6] =
    ["min_of_day_sin", "min_of_day_cos", "day_of_week_sin", "day_of_week_cos", "day_of_year_sin", "day_of_year_cos"];

const MS_PER_MINUTE: i64 = 60_000;

const MINUTES_PER_DAY: i64 = 1440;

const DAYS_PER_WEEK: i64 = 7;

const DAYS_PER_YEAR: f64 = 365.25;

/// Of a time on the local clock: sine and cosine of the whole minute of the day, the day of the week (Monday is 0) and the day of the year (1 January is 1).
pub fn calendar(ms: i64) -> [f64; 6] {
    let minute = ms.div_euclid(MS_PER_MINUTE);
    let day = minute.div_euclid(MINUTES_PER_DAY);
    let [week_sin, week_cos, year_sin, year_cos] = day_features(day);
    let [minute_sin, minute_cos] = minute_features(minute.rem_euclid(MINUTES_PER_DAY));
    [minute_sin, minute_cos, week_sin, week_cos, year_sin, year_cos]
}

/// Appends the six calendar columns of the local clock; those already there are left alone.
pub fn add_calendar(series: &mut Series) {
    if CALENDAR_COLUMNS.iter().all(|name| series.column(name).is_some()) {
        return;
    }
    let mut values: [Vec<f64>; 6] = std::array::from_fn(|_| Vec::with_capacity(series.times_ms.len()));
    for &ms in &series.times_ms {
        for (column, value) in values.iter_mut().zip(calendar(series.axis.clock.wall_ms(ms))) {
            column.push(value);
        }
    }
    for (name, values) in CALENDAR_COLUMNS.into_iter().zip(values) {
        series.columns.push(Column { name: name.to_owned(), values });
    }
}

fn minute_features(minute_of_day: i64) -> [f64; 2] {
    circle(minute_of_day as f64, MINUTES_PER_DAY as f64)
}

fn day_features(day: i64) -> [f64; 4] {
    // 1 January 1970 was a Thursday.
    let weekday = (day + 3).rem_euclid(DAYS_PER_WEEK);
    let ms = day.saturating_mul(MINUTES_PER_DAY).saturating_mul(MS_PER_MINUTE);
    let day_of_year = DateTime::from_timestamp_millis(ms).map_or(1, |date| date.ordinal());
    let [week_sin, week_cos] = circle(weekday as f64, DAYS_PER_WEEK as f64);
    let [year_sin, year_cos] = circle(f64::from(day_of_year), DAYS_PER_YEAR);
    [week_sin, week_cos, year_sin, year_cos]
}

fn circle(value: f64, period: f64) -> [f64; 2] {
    let (sin, cos) = (value * TAU / period).sin_cos();
    [sin, cos]
}

#[cfg(test)]
mod tests {
    use super::super::time::{TimeForm, parse_time};
    use super::*;

    fn calendar_of(text: &str) -> [f64; 6] {
        calendar(parse_time(text).expect("a time").0)
    }

    fn assert_close(found: [f64; 6], expected: [f64; 6]) {
        for (found, expected) in found.into_iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_monday_at_six_is_a_quarter_of_the_day_and_the_start_of_the_week() {
        let year = 36.0 * TAU / 365.25;
        assert_close(calendar_of("2018-02-05 06:00:59"), [1.0, 0.0, 0.0, 1.0, year.sin(), year.cos()]);
    }

    #[test]
    fn times_before_1970_have_a_calendar_too() {
        let sunday = 6.0 * TAU / 7.0;
        let year = 362.0 * TAU / 365.25;
        let minute = 1439.0 * TAU / 1440.0;
        assert_close(
            calendar_of("1969-12-28 23:59:00"),
            [minute.sin(), minute.cos(), sunday.sin(), sunday.cos(), year.sin(), year.cos()],
        );
        assert!(calendar(i64::MIN).iter().chain(&calendar(i64::MAX)).all(|value| value.is_finite()));
    }

    #[test]
    fn adding_the_calendar_twice_adds_it_once() {
        let mut series =
            Series { form: TimeForm::Naive, axis: Default::default(), times_ms: vec![0, 60_000], columns: vec![] };
        add_calendar(&mut series);
        add_calendar(&mut series);
        let names: Vec<&str> = series.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, CALENDAR_COLUMNS);
        assert_eq!(series.columns[1].values[0], 1.0);
    }
}
