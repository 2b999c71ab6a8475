//! `GET /openapi.json`: the OpenAPI 3.1 document, made from the table of routes.
//!
//! * `particular`: what differs from node to node
//! * `shared`: what routes have in common

use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{HttpMethod, OpenApi, OpenApiBuilder, PathItem, PathsBuilder};
use utoipa::{PartialSchema, ToSchema};
use warp::http::Method;
use warp::reply::Response;

use crate::http::server::{ApiError, ApiRequest, Problem, Router, json};

use super::operation::Operation;
use super::{common, per_node};

/// The security scheme of changing calls.
pub const BEARER: &str = "admin_token";

/// What the node says of itself.
pub fn operation() -> Operation {
    Operation::new("openapi", "This document").answers_object(200, "The OpenAPI 3.1 document of this node")
}

/// `GET /openapi.json`.
pub async fn serve(call: ApiRequest) -> Result<Response, ApiError> {
    let mut document = OpenApi::clone(&call.document);
    if let Some(inference) = &call.api.inference {
        per_node::tell(&mut document, inference);
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
            paths = paths.path(*path, PathItem::new(method, common::complete(route, path, at, said, guarded)));
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
