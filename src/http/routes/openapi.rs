//! `GET /openapi.json`: the OpenAPI 3.1 document, with what differs from node to node.

use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{OpenApi, RefOr, Schema};
use warp::reply::Response;

use crate::http::api::InferenceApi;
use crate::http::server::{ApiError, ApiRequest, Operation, json_response};

use super::{predict, scale};

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("openapi", "This document").answers_object(200, "The OpenAPI 3.1 document of this node")
}

/// `GET /openapi.json`.
pub async fn openapi(request: ApiRequest) -> Result<Response, ApiError> {
    let mut document = OpenApi::clone(&request.document);
    if let Some(inference) = &request.api.inference {
        add_node_facts(&mut document, inference);
    }
    json_response(&document)
}

/// Adds an example that the served model can answer, and the largest size of the pool.
fn add_node_facts(document: &mut OpenApi, inference: &InferenceApi) {
    if let Some(served) = inference.serving.served() {
        set_predict_example(document, predict::example(&served.manifest));
    }
    set_workers_maximum(document, inference.pool_scale_max);
}

fn set_predict_example(document: &mut OpenApi, example: serde_json::Value) {
    let predict = document.paths.paths.get_mut(predict::PATH).and_then(|item| item.post.as_mut());
    let body = predict.and_then(|operation| operation.request_body.as_mut());
    if let Some(RefOr::T(RequestBody { content, .. })) = body
        && let Some(RefOr::T(content)) = content.get_mut("application/json")
    {
        content.example = Some(example);
    }
}

fn set_workers_maximum(document: &mut OpenApi, pool_scale_max: usize) {
    let schemas = document.components.as_mut().map(|components| &mut components.schemas);
    if let Some(RefOr::T(Schema::Object(request))) = schemas.and_then(|schemas| schemas.get_mut(scale::REQUEST))
        && let Some(RefOr::T(Schema::Object(workers))) = request.properties.get_mut("workers")
    {
        workers.maximum = Some(pool_scale_max.into());
    }
}
