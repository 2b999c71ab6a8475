//! The families of models, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A kind of model that can be trained, judged and served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Gated recurrent unit with a direct head.
    Gru,
    /// Long short-term memory with a direct head.
    Lstm,
    /// Ridge regression on lagged rows, one set of coefficients per step ahead.
    Ridge,
    /// Repeats the last row.
    Persistence,
    /// Repeats the value of the same time yesterday.
    SeasonalNaive,
}

impl Family {
    /// Every family, in the order in which they are listed to people.
    pub const ALL: [Family; 5] = [Family::Gru, Family::Lstm, Family::Ridge, Family::Persistence, Family::SeasonalNaive];

    /// The name in settings, records and object keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Family::Gru => "GRU",
            Family::Lstm => "LSTM",
            Family::Ridge => "RIDGE",
            Family::Persistence => "PERSISTENCE",
            Family::SeasonalNaive => "SEASONAL_NAIVE",
        }
    }

    /// Whether the family is cheap enough to be fitted while judging, so that it always competes.
    pub fn is_baseline(self) -> bool {
        matches!(self, Family::Ridge | Family::Persistence | Family::SeasonalNaive)
    }

    /// The families that always compete.
    pub fn baselines() -> impl Iterator<Item = Family> {
        Family::ALL.into_iter().filter(|family| family.is_baseline())
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Family {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = text.trim();
        Family::ALL.into_iter().find(|family| family.as_str().eq_ignore_ascii_case(wanted)).ok_or_else(|| {
            let valid: Vec<&str> = Family::ALL.iter().map(|family| family.as_str()).collect();
            format!("unknown model type {wanted:?}, use one of {}", valid.join(", "))
        })
    }
}

impl Serialize for Family {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Family {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
