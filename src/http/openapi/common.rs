//! The parts of a description that all routes share: path parameters, request id, common errors, security.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Required, ResponseBuilder};

use crate::forecast::IDENTIFIER_PATTERN;
use crate::http::server::{
    Body, Handler, Operation, REQUEST_ID, Route, integer_schema, path_param_name, string_schema,
};

/// The name of the security scheme of changing requests.
pub const BEARER: &str = "admin_token";

/// The pattern of names in a path, other than identifiers.
const NAME: &str = "^[A-Za-z0-9._-]{1,128}$";

/// Completes the description of a route with what all routes share. `path_index` counts the paths of the route.
pub fn complete(
    route: &Route,
    path: &'static str,
    path_index: usize,
    described: Operation,
    guarded: bool,
) -> OperationBuilder {
    // each path needs an operation id of its own
    let id = if path_index == 0 { described.id.to_owned() } else { format!("{}_{path_index}", described.id) };
    let described = common_errors(route, path).fold(described, add_error);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(described.summary))
        .description(described.description)
        .request_body(described.body)
        .parameters(Some(path.split('/').filter_map(path_param_name).map(path_parameter)))
        .parameters(Some(described.parameters))
        .parameter(request_id());
    for (status, response) in described.answers {
        operation = operation.response(status.to_string(), with_headers(status, response).build());
    }
    for (status, when) in listener_errors(route) {
        operation = operation.response(status.to_string(), ResponseBuilder::new().description(*when).build());
    }
    if route.changes && guarded {
        operation = operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()));
    }
    operation
}

/// Errors that occur before the handler runs.
fn common_errors(route: &Route, path: &str) -> impl Iterator<Item = (u16, &'static str)> {
    let (takes_body, needs_role) = (route.body != Body::Nothing, matches!(route.handler, Handler::Inference(_)));
    let errors = [
        (true, 400, "`bad_request`: what was sent cannot be used"),
        (route.changes, 401, "`unauthorized`: the bearer token is missing"),
        (route.changes, 403, "`forbidden`: not the bearer of ADMIN_TOKEN, nor a program on this machine"),
        (needs_role, 404, "`role_not_running`: this node does not run the role"),
        (path.contains('{'), 404, "`not_found`: no such route"),
        (takes_body, 408, "`request_timeout`: the body came too slowly"),
        (takes_body, 413, "`body_too_large`: more than MAX_BODY_BYTES"),
        (takes_body, 415, "`unsupported_media_type`: the body is not JSON"),
        (true, 500, "`internal_error`: a defect; its cause is in the log under the req_id"),
    ];
    errors.into_iter().filter(|(applies, ..)| *applies).map(|(_, status, when)| (status, when))
}

/// Adds an error, unless the route describes one of this status.
fn add_error(described: Operation, (status, when): (u16, &str)) -> Operation {
    let known = described.answers.iter().any(|(known, _)| *known == status);
    if known { described } else { described.fails(status, when) }
}

/// Errors of the listener, which occur before the request has an id.
fn listener_errors(route: &Route) -> &'static [(u16, &'static str)] {
    const LIMITS: [(u16, &str); 2] = [(431, "The headers are too large"), (408, "The headers came too slowly")];
    // a route with a body already has a 408
    if route.body == Body::Nothing { &LIMITS } else { &LIMITS[..1] }
}

fn with_headers(status: u16, response: ResponseBuilder) -> ResponseBuilder {
    let string = || Schema::from(Object::with_type(Type::String));
    let response = response.header(REQUEST_ID, header(string(), "The id of the request"));
    match status {
        401 => response.header("www-authenticate", header(string(), "`Bearer`")),
        429 | 503 => {
            let seconds = Schema::from(integer_schema(0, 3600).build());
            response.header("retry-after", header(seconds, "Whole seconds after which to try again"))
        }
        _ => response,
    }
}

fn header(schema: Schema, description: &str) -> Header {
    HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
}

fn path_parameter(name: &str) -> Parameter {
    let pattern = if name == "identifier" { IDENTIFIER_PATTERN } else { NAME };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .schema(Some(Schema::from(string_schema(pattern).build())))
        .build()
}

fn request_id() -> Parameter {
    ParameterBuilder::new()
        .name(REQUEST_ID)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Comes back with the answer and stands in the log; without a sane one a new one is made"))
        .schema(Some(Schema::from(Object::with_type(Type::String))))
        .build()
}
