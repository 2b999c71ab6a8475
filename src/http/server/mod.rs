//! The HTTP server: from a connection to a routed request, and back to the response.
//!
//! * `access`: who may call what
//! * `body`: reads the body of a request, bounded in size, memory and time
//! * `dispatch`: from a request to its response: route, authorization, body, handler
//! * `error`: the error response of every route
//! * `integer`: integers in JSON
//! * `listener`: accepts connections, with limits, timeouts and TLS
//! * `log_directives`: the syntax of log directives, and the log that they change
//! * `open_requests`: counts the requests without an answer yet
//! * `operation`: the OpenAPI description of one route
//! * `request`: a request as handlers see it
//! * `request_id`: the header `x-request-id`
//! * `route`: a route as a value
//! * `router`: finds the route of a request
//! * `store_deadline`: how long a route waits for the object store

mod access;
mod body;
mod dispatch;
mod error;
pub mod integer;
mod listener;
mod log_directives;
mod open_requests;
mod operation;
mod request;
mod request_id;
mod route;
mod router;
mod store_deadline;

pub use access::{Access, CallKind};
pub use body::{
    Body, BodyStream, Encoding, HeavyTurn, RequestMemory, SMALL_MAX_BYTES, content_length, encoding, media_type,
};
pub use dispatch::{Dispatcher, RawRequest, create_series};
pub use error::{ApiError, ErrorBody, MODEL_NOT_LOADED};
pub use listener::{
    LEAVING_CONNECTIONS, Limits, Listener, OnReserve, RESERVED_CONNECTIONS, ServiceFuture, Tls, TlsError,
    serve_connections, streamed_answer,
};
pub use log_directives::{DIRECTIVES_MAX_CHARS, LOG_LEVELS, LogLevel, is_log_directives};
pub use open_requests::OpenRequests;
pub use operation::{NamedSchema, Operation, integer_schema, string_schema};
pub use request::{ApiRequest, json_response};
pub use request_id::REQUEST_ID;
pub use route::{Handler, Route, path_param_name};
pub use router::Router;
pub use store_deadline::{STORE_DEADLINE, within_deadline};
