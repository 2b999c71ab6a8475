//! How a model came to be served: what whoever relies on its forecasts should know.

use serde::{Deserialize, Serialize};

/// How a model came to be served. What is false is left out of records and answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether it is a naive method that is served because nothing beats the naive methods.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Whether it was promoted before all expected families were judged, because nothing was served.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}

impl Standing {
    /// The names of what is true, as they stand in answers.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let names = [("fallback", self.fallback), ("provisional", self.provisional)];
        names.into_iter().filter_map(|(name, is_true)| is_true.then_some(name))
    }
}
