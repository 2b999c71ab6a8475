//! Kinds of steps.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The step from one row to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// So many ms, always.
    Fixed(i64),
    /// So many ms on the local clock: a day has 23 to 25 hours.
    Local(i64),
    /// Monday to Friday, at one time of day.
    BusinessDays,
    /// So many months, on one day of the month.
    Months(u32, MonthDay),
}

/// The day of the month on which a calendar step lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MonthDay {
    /// This day, from 1; the last one in months that are shorter.
    Day(u32),
    /// The last day.
    End,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |f: &mut fmt::Formatter<'_>, count: i64, unit: &str| match count {
            1 => write!(f, "1 {unit}"),
            _ => write!(f, "{count} {unit}s"),
        };
        match *self {
            Step::Local(ms) if ms % 86_400_000 == 0 => counted(f, ms / 86_400_000, "local day"),
            Step::Fixed(ms) if ms % 86_400_000 == 0 => counted(f, ms / 86_400_000, "day"),
            Step::Fixed(ms) | Step::Local(ms) if ms % 3_600_000 == 0 => write!(f, "{} h", ms / 3_600_000),
            Step::Fixed(ms) | Step::Local(ms) if ms % 60_000 == 0 => write!(f, "{} min", ms / 60_000),
            Step::Fixed(ms) | Step::Local(ms) if ms % 1000 == 0 => write!(f, "{} s", ms / 1000),
            Step::Fixed(ms) | Step::Local(ms) => write!(f, "{ms} ms"),
            Step::BusinessDays => f.write_str("1 business day"),
            Step::Months(months, on) => {
                match months {
                    12 => f.write_str("1 year")?,
                    3 => f.write_str("1 quarter")?,
                    months if months % 12 == 0 => counted(f, i64::from(months / 12), "year")?,
                    months => counted(f, i64::from(months), "month")?,
                }
                match on {
                    MonthDay::Day(1) => f.write_str(", first day"),
                    MonthDay::Day(day) => write!(f, ", day {day}"),
                    MonthDay::End => f.write_str(", last day"),
                }
            }
        }
    }
}
