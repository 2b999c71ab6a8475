//! What a fit is told, besides the rows.

use super::prophet::ProphetSettings;

/// What a fit is told, besides the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// Seasons in rows, the shortest first.
    pub seasons: Vec<usize>,
    /// Steps ahead that direct methods answer.
    pub horizon: usize,
    /// How Prophet is set up.
    pub prophet: ProphetSettings,
}

impl Setup {
    /// The longest season.
    pub fn longest_season(&self) -> Option<usize> {
        self.seasons.last().copied()
    }
}
