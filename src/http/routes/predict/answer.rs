//! The forecast of a prepared request, as the body of an answer.

use std::time::Instant;

use serde_json::{Value, json};

use crate::forecast::{PreparedRequest, check_forecast, forecast_times, prediction_rows};
use crate::http::api::InferenceApi;
use crate::http::server::ApiError;

use super::pool_error::pool_error;
use super::prepare::PreparedPredict;

/// Has the pool forecast, and writes the answer.
pub async fn answer(
    inference: &InferenceApi,
    request: PreparedPredict,
    deadline: Instant,
    request_id: &str,
) -> Result<Value, ApiError> {
    let PreparedPredict { identifier, horizon, served, prepared } = request;
    let PreparedRequest { context, form, imputed_rows } = prepared;
    let last_ms = context.last_ms;
    let forecast = inference.serving.predict(served.clone(), context, horizon, deadline).await.map_err(pool_error)?;
    check_forecast(&forecast).map_err(|error| ApiError::invalid_field(error.to_string()))?;
    let times = forecast_times(&served.manifest, last_ms, form);
    let predictions = prediction_rows(&served.manifest, &forecast, times);
    let lineage = &served.manifest.lineage;
    let mut body = json!({
        "status": "SUCCESS", "identifier": identifier, "run_id": lineage.run_id, "config_hash": lineage.config_hash, "model_type": served.manifest.model_type,
        "generation": served.generation, "req_id": request_id, "cached": false, "predictions": predictions,
    });
    for name in served.standing.names() {
        body[name] = json!(true);
    }
    if let Some(name) = &lineage.series {
        body["series"] = json!(name);
    }
    if imputed_rows > 0 {
        body["imputed_rows"] = json!(imputed_rows);
    }
    Ok(body)
}
