//! `GET /openapi.json`: the OpenAPI 3.1 document, made from the table of routes.
//!
//! * `operation`: what one route says of itself
//! * `particular`: what differs from node to node
//! * `records`: the forms of what actors and the store hold

mod operation;
mod particular;
mod records;

use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ComponentsBuilder, Object, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{HttpMethod, OpenApi, OpenApiBuilder, PathItem, PathsBuilder, Required, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use warp::http::Method;
use warp::reply::Response;

use super::body::Body;
use super::call::{Call, REQUEST_ID, json};
use super::error::{ApiError, Problem};
use super::router::{Handler, Route, Router, name_of};

pub use operation::{Operation, text, whole};
pub use records::{ActorReport, Decision, Pointer};

const BEARER: &str = "admin_token";
const IDENTIFIER: &str = r"^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$";
const NAME: &str = "^[A-Za-z0-9._-]{1,128}$";

/// What the node says of itself.
pub fn operation() -> Operation {
    Operation::new("openapi", "This document").answers_object(200, "The OpenAPI 3.1 document of this node")
}

/// `GET /openapi.json`.
pub async fn serve(call: Call) -> Result<Response, ApiError> {
    let mut document = document(&call.router, call.api.admin.token.is_some());
    if let Some(inference) = &call.api.inference {
        particular::tell(&mut document, inference);
    }
    json(&document)
}

/// The document of these routes; `guarded` says whether changing calls need the token.
pub fn document(router: &Router, guarded: bool) -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut components = ComponentsBuilder::new().schema(Problem::name(), Problem::schema());
    for route in &router.routes {
        for (at, path) in route.paths.iter().enumerate() {
            let said = (route.operation)();
            components = components.schemas_from_iter(said.schemas.clone());
            let method = method_of(&route.method);
            paths = paths.path(*path, PathItem::new(method, complete(route, path, at, said, guarded)));
        }
    }
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("ADMIN_TOKEN"));
    components = components.security_scheme(BEARER, SecurityScheme::Http(scheme.build()));
    let info = InfoBuilder::new()
        .title("FLTS")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Continuous forecasting: forecasts from the promoted model, and what an operator needs beside them. \
             Errors are `{\"detail\", \"code\", \"req_id\"}`.",
        ))
        .license(Some(LicenseBuilder::new().name("Apache-2.0").build()));
    OpenApiBuilder::new().info(info.build()).paths(paths.build()).components(Some(components.build())).build()
}

fn method_of(method: &Method) -> HttpMethod {
    match *method {
        Method::PUT => HttpMethod::Put,
        Method::POST => HttpMethod::Post,
        _ => HttpMethod::Get,
    }
}

/// What a route says of itself, with what it shares with others: names in the path, the request's id, common errors.
fn complete(route: &Route, path: &'static str, at: usize, said: Operation, guarded: bool) -> OperationBuilder {
    // an operation with several paths has a name for each
    let id = if at == 0 { said.id.to_owned() } else { format!("{}_{at}", said.id) };
    let mut said = common_errors(route, path, said);
    let mut operation = OperationBuilder::new()
        .operation_id(Some(id))
        .summary(Some(said.summary))
        .description(said.description.take())
        .request_body(said.body.take())
        .parameters(Some(path.split('/').filter_map(name_of).map(path_parameter)))
        .parameters(Some(said.parameters))
        .parameter(request_id());
    for (status, response) in said.answers {
        operation = operation.response(status.to_string(), shared_headers(status, response).build());
    }
    for (status, when) in [(408, "The headers came too slowly"), (431, "The headers are too large")] {
        let known = operation_has(&route.body, status);
        if !known {
            operation = operation.response(status.to_string(), ResponseBuilder::new().description(when).build());
        }
    }
    if route.changes && guarded {
        operation = operation.security(SecurityRequirement::new(BEARER, Vec::<String>::new()));
    }
    operation
}

/// A slow body is answered with an error of its own.
fn operation_has(body: &Body, status: u16) -> bool {
    status == 408 && *body != Body::Nothing
}

fn common_errors(route: &Route, path: &str, said: Operation) -> Operation {
    let missing = if matches!(route.handler, Handler::Inference(_)) { Some("`role_not_running`") } else { None };
    let mut said = add(said, 400, "`bad_request`: what was sent cannot be used");
    if let Some(when) = missing {
        said = add(said, 404, &format!("{when}: this node does not run the role"));
    }
    if path.contains('{') {
        said = add(said, 404, "`not_found`: no such route");
    }
    if route.changes {
        said = add(said, 401, "`unauthorized`: the bearer token is missing");
        said = add(said, 403, "`forbidden`: not the bearer of ADMIN_TOKEN, nor a program on this machine");
    }
    if route.body != Body::Nothing {
        said = add(said, 408, "`request_timeout`: the body came too slowly");
        said = add(said, 413, "`body_too_large`: more than MAX_BODY_BYTES");
        said = add(said, 415, "`unsupported_media_type`: the body is not JSON");
    }
    add(said, 500, "`internal_error`: a defect; its cause is in the log under the req_id")
}

/// Adds an error that the route does not tell of itself.
fn add(said: Operation, status: u16, when: &str) -> Operation {
    let known = said.answers.iter().any(|(known, _)| *known == status);
    if known { said } else { said.fails(status, when) }
}

fn shared_headers(status: u16, response: ResponseBuilder) -> ResponseBuilder {
    let header = |schema: Schema, description: &str| {
        HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build()
    };
    let response = response.header(REQUEST_ID, header(Object::with_type(Type::String).into(), "The id of the request"));
    match status {
        401 => response.header("www-authenticate", header(Object::with_type(Type::String).into(), "`Bearer`")),
        429 | 503 => response
            .header("retry-after", header(whole(0, 3600).build().into(), "Whole seconds after which to try again")),
        _ => response,
    }
}

fn path_parameter(name: &str) -> Parameter {
    let pattern = if name == "identifier" { IDENTIFIER } else { NAME };
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
