//! The OpenAPI 3.1 document of a table of routes.

use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::schema::ComponentsBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{HttpMethod, OpenApi, OpenApiBuilder, PathItem, PathsBuilder};
use utoipa::{PartialSchema, ToSchema};
use warp::http::Method;

use crate::http::server::{Access, ErrorBody, Router};

use super::common::{BEARER, complete};

/// The document of these routes; `access` says which calls need a token.
pub fn document(router: &Router, access: &Access) -> OpenApi {
    let mut paths = PathsBuilder::new();
    let mut components = ComponentsBuilder::new().schema(ErrorBody::name(), ErrorBody::schema());
    for route in &router.routes {
        for (at, path) in route.paths.iter().enumerate() {
            let operation = (route.operation)();
            components = components.schemas_from_iter(operation.schemas.clone());
            let method = method_of(&route.method);
            // the document knows no parameter of several segments
            paths = paths
                .path(path.replace("...}", "}"), PathItem::new(method, complete(route, path, at, operation, access)));
        }
    }
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("ADMIN_TOKEN, or for reading calls READ_TOKEN"));
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
