//! One way to write times, which reads and writes them.

use serde::{Deserialize, Serialize};

use super::clock::{ClockStyle, read_clock, write_clock, write_zone};
use super::cursor::Cursor;
use super::date::{DateShape, DateStyle, Part};
use super::date_order::DateOrder;

const MS_PER_DAY: i64 = 86_400_000;

/// The offset of a time without a zone.
pub(crate) const NAIVE: i16 = i16::MIN;

/// A time as it is written: what a local clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// ms between 1970-01-01 00:00 on the local clock and the time on the same clock.
    pub(crate) wall_ms: i64,
    /// Minutes east of Greenwich, or [`NAIVE`].
    pub(crate) offset: i16,
}

/// What one cell of a time column names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// A point in time.
    Time,
    /// A day.
    Day,
    /// A week, which starts on Monday.
    Week,
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
}

/// A way to write times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    /// A date, with a time of day where the shape names a day.
    Date(DateShape),
    /// Units since 1970, so many a second.
    Epoch(i64),
}

/// How times are written, where their shape leaves that open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Style {
    pub(super) date: DateStyle,
    pub(super) clock: ClockStyle,
}

/// Shapes whose parts stand apart; `-` stands for each of the marks between them.
const APART: [&str; 18] = [
    "Y-M-D", "D-M-Y", "M-D-Y", "D-M-y", "M-D-y", "y-M-D", "D-B-Y", "B-D-Y", "D-B-y", "Y-B-D", "Y-M", "M-Y", "B-Y",
    "B-y", "Y-B", "Y-Qq", "Qq-Y", "Y-Ww",
];

const MARKS: [char; 4] = ['-', '/', '.', ' '];

/// Further shapes; those of digits alone come last, the longest first.
const OTHERS: [&str; 19] = [
    "B D, Y",
    "B D,Y",
    "D B, Y",
    "D. B Y",
    "A, D B Y",
    "A D B Y",
    "A, B D, Y",
    "DBY",
    "DBy",
    "BY",
    "YQq",
    "QqY",
    "YWw",
    "Y-Ww-d",
    "YMm",
    "Y年M月D日",
    "YMD",
    "YM",
    "Y",
];

/// Units since 1970 a second, by the size of the number.
const EPOCHS: [(i64, f64); 4] = [(1, 1e11), (1000, 1e14), (1_000_000, 1e17), (1_000_000_000, 1e20)];

/// The smallest number of seconds that is taken for a time: 3 March 1973.
const FIRST_EPOCH: f64 = 1e8;

/// Days since 1970 of the years 1500 to 2299: a number alone that is no such year is a number.
const YEARS_ALONE: std::ops::Range<i64> = -171_663..120_530;

/// All shapes that fit a cell, the likelier one first.
pub(crate) fn shapes_of(cell: &[u8], order: Option<DateOrder>) -> Vec<Shape> {
    let apart = MARKS.iter().flat_map(|mark| APART.iter().map(|pattern| pattern.replace('-', &mark.to_string())));
    let others =
        OTHERS.iter().map(|pattern| if *pattern == "YMm" { "Y\u{1}M".to_owned() } else { (*pattern).to_owned() });
    let mut shapes: Vec<Shape> = apart.chain(others).map(|pattern| Shape::Date(month_letter(&pattern))).collect();
    shapes.extend(EPOCHS.map(|(units, _)| Shape::Epoch(units)));
    shapes.retain(|shape| shape.agrees_with(order) && shape.read(cell).is_some());
    // a short year first only where nothing else fits, or where it is asked for
    if order.is_none() && shapes.iter().any(|shape| shape.order() != Some(DateOrder::Ymd)) {
        shapes.retain(|shape| shape.order() != Some(DateOrder::Ymd));
    }
    shapes
}

/// The shape of a pattern; `\u{1}` stands for the letter M itself, as in `1949M01`.
fn month_letter(pattern: &str) -> DateShape {
    let mut shape = DateShape::of_pattern(pattern);
    for part in &mut shape.parts {
        if *part == Part::Text('\u{1}') {
            *part = Part::Text('M');
        }
    }
    shape
}

impl Shape {
    /// The shape of a pattern, as `DateShape` describes them.
    pub(crate) fn of_pattern(pattern: &str) -> Self {
        Shape::Date(DateShape::of_pattern(pattern))
    }

    /// Reads a trimmed cell.
    pub(crate) fn read(&self, cell: &[u8]) -> Option<(Stamp, Style)> {
        match self {
            Shape::Epoch(units) => read_epoch(cell, *units),
            Shape::Date(shape) => {
                let mut cursor = Cursor(cell);
                let (days, date) = shape.read(&mut cursor)?;
                if shape.parts.len() == 1 && !YEARS_ALONE.contains(&days) {
                    return None;
                }
                if !shape.has(Part::Day) {
                    let stamp = Stamp { wall_ms: days * MS_PER_DAY, offset: NAIVE };
                    return cursor.is_empty().then_some((stamp, Style { date, ..Style::default() }));
                }
                let clock = read_clock(&mut cursor, self.is_compact())?;
                let stamp = Stamp { wall_ms: days * MS_PER_DAY + clock.ms, offset: clock.offset.unwrap_or(NAIVE) };
                Some((stamp, Style { date, clock: clock.style }))
            }
        }
    }

    /// Writes the time that a local clock shows, its offset in minutes.
    pub(crate) fn write(&self, wall_ms: i64, offset: i16, style: Style) -> Option<String> {
        match self {
            Shape::Epoch(units) => {
                let ms = i128::from(wall_ms) - i128::from(offset) * 60_000;
                Some((ms * i128::from(*units)).div_euclid(1000).to_string())
            }
            Shape::Date(shape) => {
                let date = shape.write(wall_ms.div_euclid(MS_PER_DAY), style.date)?;
                if !shape.has(Part::Day) {
                    return Some(date);
                }
                let clock = write_clock(wall_ms.rem_euclid(MS_PER_DAY), style.clock);
                Some(date + &clock + &write_zone(offset, style.clock))
            }
        }
    }

    /// What a cell of this shape names.
    pub(crate) fn period(&self, style: Style) -> Period {
        match self {
            Shape::Epoch(_) => Period::Time,
            Shape::Date(shape) if shape.has(Part::Quarter) => Period::Quarter,
            Shape::Date(shape) if shape.has(Part::Week) => Period::Week,
            Shape::Date(shape) if shape.has(Part::Day) && style.clock.separator == 0 => Period::Day,
            Shape::Date(shape) if shape.has(Part::Day) => Period::Time,
            Shape::Date(shape) if shape.has(Part::Month) || shape.has(Part::MonthName) => Period::Month,
            Shape::Date(_) => Period::Year,
        }
    }

    /// The order of the numbers, where another one could be meant.
    pub(crate) fn order(&self) -> Option<DateOrder> {
        let Shape::Date(shape) = self else { return None };
        let (day, month) = (shape.place(Part::Day)?, shape.place(Part::Month)?);
        if shape.place(Part::ShortYear) == Some(0) {
            Some(DateOrder::Ymd)
        } else if shape.place(Part::Year) == Some(0) {
            None
        } else if day < month {
            Some(DateOrder::Dmy)
        } else {
            Some(DateOrder::Mdy)
        }
    }

    /// Whether numbers that are no times can have this shape.
    pub(crate) fn looks_like_numbers(&self) -> bool {
        match self {
            Shape::Epoch(_) => true,
            Shape::Date(shape) => {
                let is_number = |part: &Part| matches!(part, Part::Year | Part::Month | Part::Text('.' | ' '));
                shape.parts.iter().all(is_number)
            }
        }
    }

    /// Whether it is that of ISO 8601: `2024-01-31`, with a time of day or not.
    pub(crate) fn is_iso(&self) -> bool {
        *self == Shape::of_pattern("Y-M-D")
    }

    fn agrees_with(&self, order: Option<DateOrder>) -> bool {
        order.is_none_or(|order| self.order().is_none_or(|own| own == order))
    }

    fn is_compact(&self) -> bool {
        matches!(self, Shape::Date(shape) if !shape.parts.iter().any(|part| matches!(part, Part::Text(_))))
    }

    /// The shape as people write it: `YYYY-MM-DD hh:mm`.
    pub(crate) fn described(&self, style: Style) -> String {
        match self {
            Shape::Epoch(1) => "s since 1970".to_owned(),
            Shape::Epoch(1000) => "ms since 1970".to_owned(),
            Shape::Epoch(1_000_000) => "us since 1970".to_owned(),
            Shape::Epoch(_) => "ns since 1970".to_owned(),
            Shape::Date(shape) => shape.described() + &style.clock.described(),
        }
    }
}

/// Units since 1970, also with decimals; the fraction of a ms is cut off.
fn read_epoch(cell: &[u8], units: i64) -> Option<(Stamp, Style)> {
    let text = std::str::from_utf8(cell).ok().filter(|text| text.len() <= 30)?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole.strip_prefix('-').unwrap_or(whole)) || !all_digits(fraction) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    let size = number.unsigned_abs() as f64;
    let (_, most) = EPOCHS.iter().find(|(other, _)| *other == units)?;
    if size >= *most || size < FIRST_EPOCH * (units as f64) {
        return None;
    }
    let mut wall_ms = i64::try_from(i128::from(number) * 1000 / i128::from(units)).ok()?;
    if units == 1 && !fraction.is_empty() {
        let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
        wall_ms += digits.parse::<i64>().ok()? * number.signum();
    }
    Some((Stamp { wall_ms, offset: 0 }, Style::default()))
}
