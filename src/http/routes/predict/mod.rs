//! `POST /predict`: rows in, forecast out.
//!
//! * `body`: the body of a request: fields that need no model, then the columns of the served model
//! * `handler`: answers a request
//! * `schema`: the description of the route

mod body;
mod handler;
mod schema;

pub use handler::{PATH, predict};
pub use schema::{example, operation};
