//! Times as ISO 8601, and whether they have a zone.

use chrono::{DateTime, NaiveDate};
use serde::{Deserialize, Serialize};

/// How times were written: without a zone, or with one (then kept in UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TimeForm {
    /// Local times without a zone, kept as if they were UTC.
    Naive,
    /// Times with a zone, converted to UTC.
    Utc,
}

impl TimeForm {
    pub(in crate::forecast::data) fn described(self) -> &'static str {
        match self {
            TimeForm::Naive => "times without a zone",
            TimeForm::Utc => "times with a zone",
        }
    }
}

/// The time as text: `2018-02-28T03:34:00`, with `Z` if it is UTC; the fraction only where it is not zero.
pub fn format_time(ms: i64, form: TimeForm) -> String {
    let Some(time) = DateTime::from_timestamp_millis(ms) else {
        return format!("{ms} ms since 1970");
    };
    let zone = match form {
        TimeForm::Naive => "",
        TimeForm::Utc => "Z",
    };
    let pattern = if ms.rem_euclid(1000) == 0 { "%Y-%m-%dT%H:%M:%S" } else { "%Y-%m-%dT%H:%M:%S%.3f" };
    format!("{}{zone}", time.format(pattern))
}

/// Reads `2018-02-28 03:32:00`, also with `T`, without seconds, with a fraction (kept to the millisecond), as a date alone, with `Z` or an offset such as `+01:00`.
pub fn parse_time(text: &str) -> Option<(i64, TimeForm)> {
    let mut rest = Digits(text.trim().as_bytes());
    let year = rest.number(4)?;
    rest.expect(b'-')?;
    let month = rest.number(2)?;
    rest.expect(b'-')?;
    let day = rest.number(2)?;
    let days = i64::from(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?.to_epoch_days());
    let midnight_ms = days * 86_400_000;
    if rest.0.is_empty() {
        return Some((midnight_ms, TimeForm::Naive));
    }
    if !matches!(rest.next()?, b' ' | b'T' | b't') {
        return None;
    }
    let time_ms = midnight_ms + rest.time_of_day_ms()?;
    match rest.offset_ms()? {
        None => Some((time_ms, TimeForm::Naive)),
        Some(offset_ms) => Some((time_ms - offset_ms, TimeForm::Utc)),
    }
}

/// The unread part of a time's text.
struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.0.first() == Some(&byte);
        if found {
            self.0 = &self.0[1..];
        }
        found
    }

    fn number(&mut self, digits: usize) -> Option<u32> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.next().filter(u8::is_ascii_digit)?;
            value = value * 10 + u32::from(digit - b'0');
        }
        Some(value)
    }

    /// `hh:mm`, `hh:mm:ss` or `hh:mm:ss.fff`, as ms since midnight.
    fn time_of_day_ms(&mut self) -> Option<i64> {
        let hour = self.number(2).filter(|&hour| hour < 24)?;
        self.expect(b':')?;
        let minute = self.number(2).filter(|&minute| minute < 60)?;
        let mut ms = (i64::from(hour) * 60 + i64::from(minute)) * 60_000;
        if !self.skip(b':') {
            return Some(ms);
        }
        ms += i64::from(self.number(2).filter(|&second| second < 60)?) * 1000;
        if !self.skip(b'.') {
            return Some(ms);
        }
        let mut unit_ms = 100;
        ms += i64::from(self.number(1)?) * unit_ms;
        while self.0.first().is_some_and(u8::is_ascii_digit) {
            unit_ms /= 10;
            ms += i64::from(self.number(1)?) * unit_ms;
        }
        Some(ms)
    }

    /// `Z`, `+01`, `+0100` or `+01:00` as ms east of Greenwich; `Some(None)` where the text ends.
    fn offset_ms(&mut self) -> Option<Option<i64>> {
        if self.0.is_empty() {
            return Some(None);
        }
        self.skip(b' ');
        let sign = match self.next()? {
            b'Z' | b'z' => return self.0.is_empty().then_some(Some(0)),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.number(2).filter(|&hours| hours < 24)?;
        let minutes = if self.0.is_empty() {
            0
        } else {
            self.skip(b':');
            self.number(2).filter(|&minutes| minutes < 60)?
        };
        let ms = sign * i64::from(hours * 60 + minutes) * 60_000;
        self.0.is_empty().then_some(Some(ms))
    }
}
