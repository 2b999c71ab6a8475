//! The OpenAPI 3.1 document, made from the table of routes.
//!
//! * `common`: What routes have in common: names in the path, the request's id, errors, the token
//! * `document`: `GET /openapi.json`: the OpenAPI 3.1 document, made from the table of routes
//! * `operation`: What one route is, in the words of OpenAPI; what all routes share is added by `openapi`
//! * `per_node`: What the document of one node says and that of another does not: an example that its model answers, and the size of its pool
//! * `schemas`: The forms of what actors and the store hold

mod common;
pub(crate) mod document;
mod operation;
mod per_node;
pub(crate) mod schemas;

pub use document::document;
pub use operation::{Operation, text, whole};
