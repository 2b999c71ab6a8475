//! What routes have in common: names in the path, the request's id, errors, the token.

use utoipa::openapi::header::{Header, HeaderBuilder};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Required, ResponseBuilder};

use crate::forecast::IDENTIFIER_PATTERN;
use crate::http::server::{Body, Handler, REQUEST_ID, Route, name_of};

use super::document::BEARER;
use super::operation::{Operation, text, whole};

const NAME: &str = "^[A-Za-z0-9._-]{1,128}$";

/// What a route says of itself, and what it shares with others; `at` counts its paths.
pub fn complete(route: &Route, path: &'static str, at: usize, said: Operation, guarded: bool) -> OperationBuilder {
    // an operation with several paths has a name for each
    let id = if at == 0 { said.id.to_owned() } else { format!("{}_{at}", said.id) };
    let said = common_errors(route, path).fold(said, add);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(said.summary))
        .description(said.description)
        .request_body(said.body)
        .parameters(Some(path.split('/').filter_map(name_of).map(path_parameter)))
        .parameters(Some(said.parameters))
        .parameter(request_id());
    for (status, response) in said.answers {
        operation = operation.response(status.to_string(), with_headers(status, response).build());
    }
    for (status, when) in limits_of_the_listener(route) {
        operation = operation.response(status.to_string(), ResponseBuilder::new().description(*when).build());
    }
    if route.changes && guarded {
        operation = operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()));
    }
    operation
}

/// Errors that come from before the handler.
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

/// Adds an error that the route does not tell of itself.
fn add(said: Operation, (status, when): (u16, &str)) -> Operation {
    let known = said.answers.iter().any(|(known, _)| *known == status);
    if known { said } else { said.fails(status, when) }
}

/// Answers that come before there is a request with an id.
fn limits_of_the_listener(route: &Route) -> &'static [(u16, &'static str)] {
    const LIMITS: [(u16, &str); 2] = [(431, "The headers are too large"), (408, "The headers came too slowly")];
    // a slow body has told of 408 already
    if route.body == Body::Nothing { &LIMITS } else { &LIMITS[..1] }
}

fn with_headers(status: u16, response: ResponseBuilder) -> ResponseBuilder {
    let word = || Schema::from(Object::with_type(Type::String));
    let response = response.header(REQUEST_ID, header(word(), "The id of the request"));
    match status {
        401 => response.header("www-authenticate", header(word(), "`Bearer`")),
        429 | 503 => {
            let seconds = Schema::from(whole(0, 3600).build());
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
        .schema(Some(Schema::from(text(pattern).build())))
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
