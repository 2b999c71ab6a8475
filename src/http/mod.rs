//! The HTTP API: a server, one table of routes, and the OpenAPI document that follows from the table.
//!
//! * `api`:
//! * `openapi`: The OpenAPI 3.1 document, made from the table of routes
//! * `routes`: The routes: one a file, and one table of them
//! * `serve`: The API: one route a file, and one table of them
//! * `server`: From a connection to a routed request and back: listener, router, body, access, errors

mod api;
mod openapi;
mod routes;
mod serve;
mod server;

pub use api::{Api, InferenceApi, Node, PredictSettings};
pub use serve::serve;
pub use server::{
    Admin, ApiError, LOG_LEVELS, Limits, Listener, LogLevel, OpenRequests, Tls, TlsError, is_log_directives,
};
