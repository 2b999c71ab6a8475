//! From a connection to a routed request and back: listener, router, body, access, errors.
//!
//! * `admin`: Who may make changing calls: the bearer of the token, or with no token set programs on this machine
//! * `body`: What a request carries: read with a bound and a deadline, and only in a form that the route takes
//! * `dispatch`: From a request to its answer: the route, who may, the body, the handler; and what log and metrics hear of it
//! * `error`: Errors as every route answers them: `{"detail", "code", "req_id"}`
//! * `integer`: Whole numbers in JSON, where `24.0` is one as much as `24`
//! * `listener`: Accepts connections, bounds their number and time, and speaks TLS
//! * `log_directives`:
//! * `open_requests`: Which requests wait for their answer now: what a node that stops still owes
//! * `request`: One request as handlers see it: who asks, for what, with which words
//! * `request_id`: The id of a request: one name for it at the caller, in the answer and in the log
//! * `router`: The routes of a node as values, and which of them a request means

mod admin;
mod body;
mod dispatch;
mod error;
pub(crate) mod integer;
mod listener;
mod log_directives;
mod open_requests;
mod request;
mod request_id;
mod router;

pub use admin::Admin;
pub use body::Body;
pub use dispatch::{Asked, Table, answer, touch};
pub use error::{ApiError, Problem};
pub use listener::{Answering, Limits, Listener, Tls, TlsError, serve_connections};
pub use log_directives::{DIRECTIVES_MAX_CHARS, LOG_LEVELS, LogLevel, is_log_directives};
pub use open_requests::OpenRequests;
pub use request::{ApiRequest, json};
pub use request_id::REQUEST_ID;
pub use router::{Handler, Route, Router, name_of};
