//! How much a fit may compute: counted, by a fixed table, from the shape of the data.

use crate::forecast::classical::{BlendSettings, Method};

/// Steps ahead, at most, that direct methods have an equation for and that a blend is judged on.
pub const HORIZON_MAX: usize = 400;

/// Up to so many targets a blend looks at so many origins.
const ORIGINS: [(usize, usize); 3] = [(2, 8), (6, 4), (usize::MAX, 2)];

/// The ridge has an equation a step and target: above so many of them a blend does without it.
const RIDGE_EQUATIONS_MAX: usize = 400;

/// What BLEND chooses from, for so many targets and steps ahead.
pub fn blend_settings(targets: usize, output_rows: usize) -> BlendSettings {
    let mut settings = BlendSettings { origins_max: origins_max(targets), ..BlendSettings::default() };
    if targets * output_rows.min(HORIZON_MAX) > RIDGE_EQUATIONS_MAX {
        settings.pool.retain(|method| *method != Method::LagRidge);
    }
    settings
}

/// What MSTL chooses from: what is left without the seasons is forecast by the best of three methods.
pub fn mstl_settings(targets: usize) -> BlendSettings {
    BlendSettings {
        pool: vec![Method::MstlEts, Method::MstlTheta, Method::MstlAr],
        origins_max: origins_max(targets),
        members_max: 1,
    }
}

fn origins_max(targets: usize) -> usize {
    ORIGINS.iter().find(|(most, _)| targets <= *most).map_or(1, |(_, origins)| *origins)
}
