//! Classical methods: fitted in seconds, stored small, answering from a few rows. Pure f64, and no clock decides anything: a fit counts its
//! work, beats while it computes and can be stopped (`Work`).
//!
//! Each part imports from those below it alone, and `data` of the steps from row to row.
//!
//! * `model`: a fitted model of one target, and what is asked of it
//! * `blend`: the weighted mean of the best methods on rolling origins
//! * `prepare`: from rows as a caller has them to the history that a fit computes on
//! * `methods`: naive, drift, seasonal naive, AR, ETS, Theta, MSTL, ridge, Prophet
//! * `seasons`: seasons that are found, not assumed
//! * `rows`: rows, and what becomes of them before a method sees them
//! * `numeric`: numbers that every method needs
//! * `work`: counted work, a beat, and the way to stop
//! * `error`: why a method could not be fitted, or could not answer

mod blend;
mod error;
mod methods;
mod model;
mod numeric;
mod prepare;
mod rows;
mod seasons;
mod work;

pub use blend::{Blend, BlendSettings, Intervals, Member, MethodScore};
pub use error::MethodError;
pub use methods::prophet::{Growth, Holiday, ProphetSettings, SeasonOrder, Seasonality, TermMode};
pub use methods::{Ets, FittedMethod, Method, Prophet, ROWS_MAX, Season, Trend};
pub use model::{FitSettings, Fitted, Model, fit, fit_blended, forecast};
pub use rows::Rows;
pub use work::{Signal, Work};
