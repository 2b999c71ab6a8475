//! The weighted mean of the methods that were best on rolling origins.
//!
//! * `fit`: the choice of members, their weights and their last fit
//! * `intervals`: how far a forecast may be off
//! * `limits`: what no forecast may leave
//! * `model`: a fitted blend and its forecast
//! * `origins`: the origins that members are judged at
//! * `settings`: what it chooses from, and how long it looks
//! * `weights`: who is in, and with which weight

mod fit;
mod intervals;
mod limits;
mod model;
mod origins;
mod settings;
mod weights;

pub use fit::fit_blend;
pub use intervals::Intervals;
pub use limits::Limits;
pub use model::{Blend, Member, MethodScore};
pub use settings::BlendSettings;
