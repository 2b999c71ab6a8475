//! `POST /predict`: rows in, forecast out.
//!
//! * `answer`: the forecast of a prepared request, as the body of an answer
//! * `body`: the body of a request: fields that need no model, then the columns of the served model
//! * `columns`: the columns of a body, as compact as their cells allow
//! * `handler`: answers a request
//! * `json`: reads JSON straight into columns
//! * `pool_error`: the response to an error of the inference pool
//! * `prepare`: from a request to what a model starts from
//! * `schema`: the description of the route
//! * `visitors`: what all visitors of a body share

mod answer;
mod body;
mod columns;
mod handler;
mod json;
mod pool_error;
mod prepare;
mod schema;
mod visitors;

pub use handler::{PATH, forecast_known, predict};
pub use schema::{example, forecast_operation, operation};
