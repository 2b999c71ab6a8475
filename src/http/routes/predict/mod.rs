//! `POST /predict`: rows in, forecast out.
//!
//! * `body`: The body of `POST /predict`, read in two steps: what any model needs, then the columns of the model that is served
//! * `handler`: `POST /predict`: rows in, the forecast that starts after the last of them out
//! * `schema`: `POST /predict` in the words of OpenAPI

mod body;
pub(crate) mod handler;
pub(crate) mod schema;
