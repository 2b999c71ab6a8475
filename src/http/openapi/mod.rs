//! The OpenAPI 3.1 document, made from the table of routes.
//!
//! * `common`: the parts of a description that all routes share
//! * `document`: the document of a table of routes
//! * `schemas`: schemas of types of `runtime` and `storage`

mod common;
mod document;
pub mod schemas;

pub use document::document;
