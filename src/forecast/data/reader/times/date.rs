//! Shapes of dates and periods: years, months, days, quarters and weeks in some order.

use chrono::{Datelike, NaiveDate, Weekday};
use serde::{Deserialize, Serialize};

use super::cursor::Cursor;
use super::month_names::{DAYS, MONTHS, NameStyle, read, write};

/// Years that are read; others are more likely numbers.
const YEARS: std::ops::RangeInclusive<u32> = 1000..=2999;

/// One part of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Part {
    /// Four digits.
    Year,
    /// Two digits, 1969 to 2068.
    ShortYear,
    /// Two digits, or one where no digit follows.
    Month,
    Day,
    MonthName,
    DayName,
    Quarter,
    Week,
    /// 1 is Monday.
    WeekDay,
    /// A character that stands for itself.
    Text(char),
}

/// A shape of dates, made of its parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DateShape {
    pub(super) parts: Vec<Part>,
}

/// How a date was written, where its shape leaves that open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct DateStyle {
    /// `1/2/2024`, not `01/02/2024`.
    pub(super) is_bare: bool,
    pub(super) name: NameStyle,
}

impl DateShape {
    /// Letters of a pattern: Y year, y short year, M month, D day, B month's name, A day's name, q quarter, w week, d day of the week; others stand for themselves.
    pub(super) fn of_pattern(pattern: &str) -> Self {
        let part = |character| match character {
            'Y' => Part::Year,
            'y' => Part::ShortYear,
            'M' => Part::Month,
            'D' => Part::Day,
            'B' => Part::MonthName,
            'A' => Part::DayName,
            'q' => Part::Quarter,
            'w' => Part::Week,
            'd' => Part::WeekDay,
            other => Part::Text(other),
        };
        Self { parts: pattern.chars().map(part).collect() }
    }

    pub(super) fn has(&self, part: Part) -> bool {
        self.parts.contains(&part)
    }

    /// Where a part stands; none if it is not there.
    pub(super) fn place(&self, part: Part) -> Option<usize> {
        self.parts.iter().position(|other| *other == part)
    }

    /// Reads a date from the start of a cell: days since 1970 of its first day.
    pub(super) fn read(&self, cursor: &mut Cursor<'_>) -> Option<(i64, DateStyle)> {
        let (mut year, mut month, mut day, mut quarter, mut week, mut week_day) = (0, 1, 1, None, None, 1);
        let mut style = DateStyle::default();
        for (at, part) in self.parts.iter().enumerate() {
            // next to another number two digits are needed
            let is_fixed = |part: Option<&Part>| matches!(part, Some(Part::Year | Part::Month | Part::Day));
            let mut short = |cursor: &mut Cursor<'_>| {
                if is_fixed(self.parts.get(at + 1)) || (at > 0 && is_fixed(self.parts.get(at - 1))) {
                    return cursor.number(2);
                }
                let (value, has_two) = cursor.short_number()?;
                style.is_bare |= !has_two;
                Some(value)
            };
            match part {
                Part::Year => year = cursor.number(4).filter(|year| YEARS.contains(year))?,
                Part::ShortYear => {
                    let short = cursor.number(2).filter(|_| cursor.digits() == 0)?;
                    year = if short < 69 { 2000 + short } else { 1900 + short };
                }
                Part::Month => month = short(cursor)?,
                Part::Day => day = short(cursor)?,
                Part::MonthName => {
                    let (index, name) = read(cursor, &MONTHS)?;
                    month = index + 1;
                    style.name = name;
                }
                Part::DayName => {
                    read(cursor, &DAYS)?;
                }
                Part::Quarter => quarter = Some(cursor.number(1).filter(|q| (1..=4).contains(q))?),
                Part::Week => week = Some(short(cursor)?),
                Part::WeekDay => week_day = cursor.number(1)?,
                Part::Text(' ') => {
                    cursor.skip(b' ').then_some(())?;
                    cursor.blanks();
                }
                Part::Text(character) => cursor.text(character.encode_utf8(&mut [0; 4]))?,
            }
        }
        if let Some(quarter) = quarter {
            month = quarter * 3 - 2;
        }
        let year = i32::try_from(year).ok()?;
        let days = match week {
            Some(week) => {
                let day = Weekday::try_from(u8::try_from(week_day.checked_sub(1)?).ok()?).ok()?;
                NaiveDate::from_isoywd_opt(year, week, day)?.to_epoch_days()
            }
            None => return Some((days_of(year, month, day)?, style)),
        };
        Some((i64::from(days), style))
    }

    /// Writes the date of a day; for a period any of its days will do.
    pub(super) fn write(&self, days: i64, style: DateStyle) -> Option<String> {
        let date = civil(days)?;
        let week = date.iso_week();
        let has_week = self.has(Part::Week);
        let mut text = String::new();
        let two = |value: u32| if style.is_bare { value.to_string() } else { format!("{value:02}") };
        for part in &self.parts {
            match part {
                Part::Year if has_week => text += &format!("{:04}", week.year()),
                Part::Year => text += &format!("{:04}", date.year()),
                Part::ShortYear => text += &format!("{:02}", date.year().rem_euclid(100)),
                Part::Month => text += &two(date.month()),
                Part::Day => text += &two(date.day()),
                Part::MonthName => text += &write(date.month0(), &MONTHS, style.name),
                Part::DayName => text += &write(date.weekday().num_days_from_monday(), &DAYS, style.name),
                Part::Quarter => text += &(date.month0() / 3 + 1).to_string(),
                Part::Week => text += &two(week.week()),
                Part::WeekDay => text += &date.weekday().number_from_monday().to_string(),
                Part::Text(character) => text.push(*character),
            }
        }
        Some(text)
    }

    /// The shape as people write it: `YYYY-MM-DD`.
    pub(super) fn described(&self) -> String {
        let part = |part: &Part| match part {
            Part::Year => "YYYY".to_owned(),
            Part::ShortYear => "YY".to_owned(),
            Part::Month => "MM".to_owned(),
            Part::Day => "DD".to_owned(),
            Part::MonthName => "Mon".to_owned(),
            Part::DayName => "Day".to_owned(),
            Part::Quarter => "q".to_owned(),
            Part::Week => "ww".to_owned(),
            Part::WeekDay => "d".to_owned(),
            Part::Text(character) => character.to_string(),
        };
        self.parts.iter().map(part).collect()
    }
}

/// Days since 1970 of a date, by Hinnant's algorithm.
fn days_of(year: i32, month: u32, day: u32) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    let shifted = i64::from(year) - i64::from(month <= 2);
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * (i64::from(month) + if month > 2 { -3 } else { 9 }) + 2) / 5 + i64::from(day) - 1;
    Some(era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468)
}

/// The date of a day since 1970; none outside chrono's range.
pub(crate) fn civil(days: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(days).ok()?)
}
