//! The parts of a description that all routes share: path parameters, request id, common errors, security.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Required, ResponseBuilder};

use crate::forecast::IDENTIFIER_PATTERN;
use crate::http::server::{
    Access, Body, CallKind, Handler, Operation, REQUEST_ID, Route, integer_schema, path_param_name, string_schema,
};

/// The name of the security scheme of calls that need a token.
pub const BEARER: &str = "bearer_token";

/// The pattern of names in a path, other than identifiers.
const NAME: &str = "^[A-Za-z0-9._-]{1,128}$";

/// The pattern of the path of a file; its slashes may be sent as they are.
const FILE_PATH: &str = "^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,127})*$";

/// Completes the description of a route with what all routes share. `path_index` counts the paths of the route.
pub fn complete(
    route: &Route,
    path: &'static str,
    path_index: usize,
    described: Operation,
    access: &Access,
) -> OperationBuilder {
    // each path needs an operation id of its own
    let id = if path_index == 0 { described.id.to_owned() } else { format!("{}_{path_index}", described.id) };
    let described = common_errors(route, path, access).fold(described, add_error);
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
    if needs_token(route, access) {
        operation = operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()));
    }
    operation
}

/// Errors that occur before the handler runs.
fn common_errors(route: &Route, path: &str, access: &Access) -> impl Iterator<Item = (u16, &'static str)> {
    let changes = route.kind == CallKind::Change;
    let takes_body = route.body != Body::Nothing;
    let needs_role = matches!(route.handler, Handler::Inference(_) | Handler::Gateway(_));
    let errors = [
        (true, 400, "`bad_request`: what was sent cannot be used"),
        (changes || needs_token(route, access), 401, "`unauthorized`: the bearer token is missing"),
        (changes, 403, "`forbidden`: not the bearer of ADMIN_TOKEN, nor a program on this machine"),
        (
            route.kind != CallKind::Probe,
            403,
            "`forbidden`: not the bearer of READ_TOKEN, or a web page of another machine",
        ),
        (needs_role, 404, "`role_not_running`: this node does not run the role"),
        (path.contains('{'), 404, "`not_found`: no such route"),
        (true, 408, "`request_timeout`: the headers or the body came too slowly"),
        (takes_body, 413, "`body_too_large`: more than the route takes; rows: MAX_BODY_BYTES"),
        (takes_body, 415, "`unsupported_media_type`: the body is not JSON, or neither plain nor gzip"),
        (takes_body, 429, "`too_busy`: the bodies of other requests hold the memory"),
        (true, 431, "`headers_too_large`: more than HTTP_MAX_HEADER_BYTES"),
        (true, 500, "`internal_error`: a defect; its cause is in the log under the req_id"),
        (!route.on_reserve, 503, "`connections_full`: all connections are at work"),
    ];
    errors.into_iter().filter(|(applies, ..)| *applies).map(|(_, status, when)| (status, when))
}

/// Whether calls of the route carry a token.
fn needs_token(route: &Route, access: &Access) -> bool {
    match route.kind {
        CallKind::Change => access.admin_token.is_some(),
        CallKind::Read => access.read_token.is_some(),
        CallKind::Probe | CallKind::Forecast => false,
    }
}

/// Adds an error, unless the route describes one of this status.
fn add_error(described: Operation, (status, when): (u16, &str)) -> Operation {
    let known = described.answers.iter().any(|(known, _)| *known == status);
    if known { described } else { described.fails(status, when) }
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
    let pattern = match name {
        "identifier" => IDENTIFIER_PATTERN,
        "path" => FILE_PATH,
        _ => NAME,
    };
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
