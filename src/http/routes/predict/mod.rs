//! `POST /predict`: rows in, forecast out.
//!
//! * `body`: the body of a request: fields that need no model, then the columns of the served model
//! * `columns`: the columns of a body, as compact as their cells allow
//! * `handler`: answers a request
//! * `json`: reads JSON straight into columns
//! * `schema`: the description of the route
//! * `visitors`: what all visitors of a body share

mod body;
mod columns;
mod handler;
mod json;
mod schema;
mod visitors;

pub use handler::{PATH, predict};
pub use schema::{example, operation};
