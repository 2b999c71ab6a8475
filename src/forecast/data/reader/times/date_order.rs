//! The order of day, month and year in dates of numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The order of day, month and year in dates of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DateOrder {
    /// `31/12/2024`
    Dmy,
    /// `12/31/2024`
    Mdy,
    /// `24/12/31`
    Ymd,
}

const WORDS: [(&str, DateOrder); 3] = [("dmy", DateOrder::Dmy), ("mdy", DateOrder::Mdy), ("ymd", DateOrder::Ymd)];

impl FromStr for DateOrder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = WORDS.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim()));
        found.map(|(_, order)| *order).ok_or_else(|| format!("`{text}` is no order of dates: use one of dmy, mdy, ymd"))
    }
}

impl fmt::Display for DateOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = WORDS.iter().find(|(_, order)| order == self);
        f.write_str(found.map_or("", |(word, _)| word))
    }
}
