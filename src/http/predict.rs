//! `POST /predict`: rows in, the forecast that starts after the last of them out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use warp::http::{HeaderMap, StatusCode};

use crate::actors::{PredictError, Serving};
use crate::forecast::{Forecast, Manifest, PreparedRequest, RequestRows, Served, format_time, prepare_request};

use super::error::ApiError;

const TIME_COLUMNS: [&str; 4] = ["ts", "timestamp", "time", "date"];
const MAX_HORIZON: u64 = 10_000;

/// What the route needs.
#[derive(Clone)]
pub struct PredictSettings {
    /// The identifier that requests mean when they name none.
    pub identifier: String,
    /// Deadline of a request that names none.
    pub timeout: Duration,
}

/// Answers one request.
pub async fn predict(
    serving: &Serving,
    settings: &PredictSettings,
    headers: &HeaderMap,
    query: &BTreeMap<String, String>,
    body: Bytes,
    request_id: &str,
) -> Result<Value, ApiError> {
    let received = Instant::now();
    let asked = Asked::parse(&body, headers, query)?;
    if asked.identifier.as_ref().is_some_and(|name| name != &settings.identifier) {
        let detail = format!(
            "no model is promoted for identifier `{}`; this node serves `{}`",
            asked.identifier.unwrap_or_default(),
            settings.identifier
        );
        return Err(ApiError::new(StatusCode::NOT_FOUND, "unknown_identifier", detail));
    }
    let served = serving.served().ok_or_else(|| {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "model_not_loaded",
            "no model is promoted yet; see /readyz for what is waited for",
        )
    })?;
    let rows = asked.rows(&served.manifest)?;
    let prepared =
        prepare_request(&served.manifest, &rows).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let PreparedRequest { context, form } = prepared;
    let last_ms = context.last_ms;
    let deadline = received + asked.timeout.unwrap_or(settings.timeout);
    let forecast = serving.predict(served.clone(), context, asked.horizon, deadline).await.map_err(refused)?;
    let predictions =
        predictions(&served.manifest, &forecast, |step| format_time(last_ms + served.manifest.step_ms * step, form));
    Ok(answer(&settings.identifier, &served, predictions, request_id))
}

fn answer(identifier: &str, served: &Arc<Served>, predictions: Vec<Value>, request_id: &str) -> Value {
    let lineage = &served.manifest.lineage;
    json!({
        "status": "SUCCESS", "identifier": identifier, "run_id": lineage.run_id, "config_hash": lineage.config_hash, "model_type": served.manifest.model_type,
        "generation": served.generation, "req_id": request_id, "cached": false, "predictions": predictions,
    })
}

fn predictions(manifest: &Manifest, forecast: &Forecast, time_of: impl Fn(i64) -> String) -> Vec<Value> {
    let rows = forecast.chunks(manifest.targets.len()).zip(1..);
    rows.map(|(row, step)| {
        let mut object = Map::from_iter([("ts".to_owned(), Value::from(time_of(step)))]);
        object.extend(manifest.targets.iter().cloned().zip(row.iter().map(|&value| Value::from(value))));
        Value::Object(object)
    })
    .collect()
}

fn refused(error: PredictError) -> ApiError {
    let detail = error.to_string();
    match error {
        PredictError::QueueFull { retry_after_seconds, .. } => ApiError {
            retry_after_seconds: Some(retry_after_seconds),
            ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, "queue_full", detail)
        },
        PredictError::DeadlineExceeded => ApiError::new(StatusCode::GATEWAY_TIMEOUT, "deadline_exceeded", detail),
        PredictError::WorkerDied => ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "worker_died", detail),
        PredictError::Model(_) => ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "model_error", detail),
    }
}

/// A request before a model is known.
struct Asked {
    data: Map<String, Value>,
    index_column: Option<String>,
    identifier: Option<String>,
    horizon: usize,
    timeout: Option<Duration>,
}

impl Asked {
    fn parse(body: &[u8], headers: &HeaderMap, query: &BTreeMap<String, String>) -> Result<Self, ApiError> {
        let parsed: Value = serde_json::from_slice(body).map_err(|error| {
            ApiError::bad_request(format!("the body is not JSON ({error}); send an object with `data`"))
        })?;
        let Value::Object(mut body) = parsed else {
            return Err(ApiError::bad_request("the body must be a JSON object with `data`"));
        };
        let data = match body.remove("data") {
            Some(Value::Object(data)) => data,
            None | Some(Value::Null) => {
                return Err(ApiError::bad_request("`data` is missing; send an object of column names and arrays"));
            }
            Some(_) => return Err(ApiError::invalid_field("`data` must be an object of column names and arrays")),
        };
        if body.get("intervals").is_some_and(|levels| !levels.is_null()) {
            return Err(ApiError::bad_request("`intervals` are not available yet; leave the field out"));
        }
        Ok(Self {
            data,
            index_column: text(&body, "index_col")?,
            identifier: text(&body, "identifier")?,
            horizon: horizon(&body, query)?,
            timeout: timeout(headers)?,
        })
    }

    /// The time column and the columns that the model needs; other columns are not looked at.
    fn rows(&self, manifest: &Manifest) -> Result<RequestRows, ApiError> {
        let (name, times) = self.time_column()?;
        let times: Vec<String> = times
            .iter()
            .enumerate()
            .map(|(row, cell)| {
                cell.as_str().map(str::to_owned).ok_or_else(|| {
                    ApiError::invalid_field(format!(
                        "time column `{name}`, row {row}: expected a text, got {}",
                        kind(cell)
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        let mut columns = BTreeMap::new();
        for name in &manifest.columns {
            let Some(cells) = self.data.get(name) else { continue };
            let cells = cells.as_array().ok_or_else(|| {
                ApiError::invalid_field(format!("column `{name}`: expected an array, got {}", kind(cells)))
            })?;
            columns.insert(name.clone(), numbers(name, cells)?);
        }
        Ok(RequestRows { times, columns })
    }

    fn time_column(&self) -> Result<(&str, &Vec<Value>), ApiError> {
        let name = match &self.index_column {
            Some(name) if self.data.contains_key(name) => name.as_str(),
            Some(name) => {
                return Err(ApiError::bad_request(format!("`index_col` names `{name}`, which `data` does not hold")));
            }
            None => TIME_COLUMNS.into_iter().find(|name| self.data.contains_key(*name)).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "no time column; send one of {}, or name it in `index_col`",
                    TIME_COLUMNS.join(", ")
                ))
            })?,
        };
        let cells = self.data[name].as_array().ok_or_else(|| {
            ApiError::invalid_field(format!("time column `{name}`: expected an array, got {}", kind(&self.data[name])))
        })?;
        Ok((name, cells))
    }
}

fn numbers(name: &str, cells: &[Value]) -> Result<Vec<Option<f64>>, ApiError> {
    let number = |(row, cell): (usize, &Value)| match cell {
        Value::Null => Ok(None),
        cell => cell.as_f64().filter(|value| value.is_finite()).map(Some).ok_or_else(|| {
            ApiError::invalid_field(format!(
                "column `{name}`, row {row}: expected a number or null, got {}",
                kind(cell)
            ))
        }),
    };
    cells.iter().enumerate().map(number).collect()
}

fn text(body: &Map<String, Value>, field: &str) -> Result<Option<String>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(ApiError::invalid_field(format!("`{field}` must be a text, got {}", kind(other)))),
    }
}

/// The query wins over the body, as callers of the original expect.
fn horizon(body: &Map<String, Value>, query: &BTreeMap<String, String>) -> Result<usize, ApiError> {
    let range =
        || ApiError::invalid_field(format!("`inference_length` must be a whole number from 1 to {MAX_HORIZON}"));
    let asked = match (query.get("inference_length"), body.get("inference_length")) {
        (Some(text), _) => text.parse::<u64>().map_err(|_| range())?,
        (None, None | Some(Value::Null)) => 1,
        (None, Some(value)) => value.as_u64().ok_or_else(range)?,
    };
    if (1..=MAX_HORIZON).contains(&asked) { Ok(asked as usize) } else { Err(range()) }
}

fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    let Some(value) = headers.get("x-timeout-ms") else { return Ok(None) };
    let milliseconds =
        value.to_str().ok().and_then(|text| text.parse::<u64>().ok()).filter(|ms| (1..=3_600_000).contains(ms));
    milliseconds
        .map(|ms| Some(Duration::from_millis(ms)))
        .ok_or_else(|| ApiError::invalid_field("header x-timeout-ms must be a whole number from 1 to 3600000"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
