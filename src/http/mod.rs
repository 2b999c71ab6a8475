//! The HTTP API: a server, one table of routes, and the OpenAPI document that follows from the table.
//!
//! * `api`: the handles of a node that handlers work with
//! * `openapi`: the OpenAPI 3.1 document, made from the table of routes
//! * `routes`: the routes: one topic a file, and one table of them
//! * `serve`: puts the API together: listener, table of routes and OpenAPI document
//! * `server`: the HTTP server: from a connection to a routed request, and back to the response
//! * `timer_lag`: how late the timers of the node's runtime fire

mod api;
mod openapi;
mod routes;
mod serve;
mod server;
mod timer_lag;

pub use api::{Api, GatewayApi, InferenceApi, Node, PredictSettings};
pub use serve::serve;
pub use server::{
    Access, ApiError, LEAVING_CONNECTIONS, LOG_LEVELS, Limits, Listener, LogLevel, OpenRequests, RESERVED_CONNECTIONS,
    Tls, TlsError, is_log_directives,
};
pub use timer_lag::TimerLag;
