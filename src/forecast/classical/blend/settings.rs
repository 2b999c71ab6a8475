//! What a blend chooses from, and how long it looks.

use crate::forecast::classical::methods::Method;

/// The methods that a blend chooses from; both naive ones are among them, because they are what a blend is measured by.
pub const RECIPE_POOL: [Method; 11] = [
    Method::Naive,
    Method::SeasonalNaive,
    Method::SeasonalAr,
    Method::Ets,
    Method::Theta,
    Method::MstlEts,
    Method::MstlTheta,
    Method::MstlAr,
    Method::Ar,
    Method::LagRidge,
    Method::Prophet,
];

/// What a blend chooses from, and how long it looks.
#[derive(Clone, Debug, PartialEq)]
pub struct BlendSettings {
    /// The methods that it chooses from.
    pub pool: Vec<Method>,
    /// Rolling origins that they are judged at, at most.
    pub origins_max: usize,
    /// Members, at most.
    pub members_max: usize,
}

impl Default for BlendSettings {
    fn default() -> Self {
        BlendSettings { pool: RECIPE_POOL.to_vec(), origins_max: 8, members_max: 4 }
    }
}
