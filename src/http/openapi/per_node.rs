//! What the document of one node says and that of another does not: an example that its model answers, and the size of its
//! pool.

use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{OpenApi, RefOr, Schema};

use crate::http::api::InferenceApi;
use crate::http::routes::predict::{handler, schema};
use crate::http::routes::scale;

/// Puts into the document what is so on this node.
pub fn tell(document: &mut OpenApi, inference: &InferenceApi) {
    if let Some(served) = inference.serving.served() {
        example(document, schema::example(&served.manifest));
    }
    bound(document, inference.pool_scale_max);
}

fn example(document: &mut OpenApi, request: serde_json::Value) {
    let predict = document.paths.paths.get_mut(handler::PATH).and_then(|item| item.post.as_mut());
    let body = predict.and_then(|operation| operation.request_body.as_mut());
    if let Some(RefOr::T(RequestBody { content, .. })) = body
        && let Some(RefOr::T(content)) = content.get_mut("application/json")
    {
        content.example = Some(request);
    }
}

fn bound(document: &mut OpenApi, pool_scale_max: usize) {
    let schemas = document.components.as_mut().map(|components| &mut components.schemas);
    if let Some(RefOr::T(Schema::Object(request))) = schemas.and_then(|schemas| schemas.get_mut(scale::REQUEST))
        && let Some(RefOr::T(Schema::Object(workers))) = request.properties.get_mut("workers")
    {
        workers.maximum = Some(pool_scale_max.into());
    }
}
