//! The step that `FREQ` names, by pandas' aliases, old and new.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::step::MonthDay;

/// A step by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Freq {
    /// So many ms.
    Ms(i64),
    /// So many days of the local clock; weeks are 7.
    Days(i64),
    /// Monday to Friday.
    BusinessDays,
    /// So many months on the first or the last day; where they start, as a month from 0 (of a quarter or year).
    Months(u32, MonthDay, u32),
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

impl FromStr for Freq {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "`{text}` is no step: use s, min, h, D, B, W, MS, ME, QS, QE, YS or YE, with a number before it for several"
            )
        };
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let count: u32 = if digits == 0 { 1 } else { trimmed[..digits].parse().map_err(|_| unknown())? };
        if count == 0 || count > 1_000_000 {
            return Err(unknown());
        }
        let (alias, suffix) = trimmed[digits..].split_once('-').unwrap_or((&trimmed[digits..], ""));
        let many = i64::from(count);
        // old aliases differ from new ones in case alone where they mean the same
        let upper = alias.trim().to_ascii_uppercase();
        let month = MONTHS.iter().position(|month| suffix.eq_ignore_ascii_case(month));
        let months = |months: u32, on: MonthDay| {
            let width = months;
            let months = months.checked_mul(count).filter(|months| *months <= 12_000).ok_or_else(unknown)?;
            // `QE-DEC` ends in December, `QS-JAN` starts in January
            let start = match (month, on) {
                (Some(month), MonthDay::End) => (month as u32 + 1) % width,
                (Some(month), MonthDay::Day(_)) => month as u32 % width,
                (None, _) => 0,
            };
            Ok(Freq::Months(months, on, start))
        };
        match upper.as_str() {
            "L" if alias != "l" || suffix.is_empty() => Ok(Freq::Ms(many)),
            "MS" if alias == "ms" => Ok(Freq::Ms(many)),
            "S" => Ok(Freq::Ms(many * 1000)),
            "T" | "MIN" => Ok(Freq::Ms(many * 60_000)),
            "H" => Ok(Freq::Ms(many * 3_600_000)),
            "D" => Ok(Freq::Days(many)),
            "B" if count == 1 => Ok(Freq::BusinessDays),
            "W" => Ok(Freq::Days(many * 7)),
            "MS" => months(1, MonthDay::Day(1)),
            "M" | "ME" => months(1, MonthDay::End),
            "QS" => months(3, MonthDay::Day(1)),
            "Q" | "QE" => months(3, MonthDay::End),
            "YS" | "AS" => months(12, MonthDay::Day(1)),
            "Y" | "YE" | "A" => months(12, MonthDay::End),
            _ => Err(unknown()),
        }
    }
}

/// The newest alias, the same for all that mean the same.
impl fmt::Display for Freq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Freq::Ms(ms) if ms % 3_600_000 == 0 => write!(f, "{}h", ms / 3_600_000),
            Freq::Ms(ms) if ms % 60_000 == 0 => write!(f, "{}min", ms / 60_000),
            Freq::Ms(ms) if ms % 1000 == 0 => write!(f, "{}s", ms / 1000),
            Freq::Ms(ms) => write!(f, "{ms}ms"),
            Freq::Days(days) => write!(f, "{days}D"),
            Freq::BusinessDays => f.write_str("B"),
            Freq::Months(months, on, start) => {
                let alias = if on == MonthDay::End { "ME" } else { "MS" };
                let month = MONTHS.get(start as usize).copied().unwrap_or_default();
                write!(f, "{months}{alias}-{month}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aliases_old_and_new_name_the_same_steps() {
        for (old, new) in
            [("T", "min"), ("15T", "15min"), ("H", "h"), ("M", "ME"), ("Q", "QE"), ("A", "YE"), ("AS", "YS")]
        {
            assert_eq!(old.parse::<Freq>(), new.parse::<Freq>(), "{old}");
        }
        assert_eq!("ms".parse(), Ok(Freq::Ms(1)));
        assert_eq!("MS".parse(), Ok(Freq::Months(1, MonthDay::Day(1), 0)));
        assert_eq!("W-SUN".parse(), Ok(Freq::Days(7)));
        assert_eq!("QE-NOV".parse(), Ok(Freq::Months(3, MonthDay::End, 2)));
        assert!("fortnight".parse::<Freq>().is_err() && "0h".parse::<Freq>().is_err());
    }
}
