//! The OpenAPI description of `POST /predict`. Its types are used for their schemas only: bodies are read cell by cell, so
//! that an error can name the row.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa::openapi::schema::{Array, ObjectBuilder, OneOfBuilder, Schema, Type};

use crate::forecast::{MAX_HORIZON, Manifest};
use crate::http::server::{Operation, integer_schema};

use super::body::MAX_TIMEOUT_MS;

/// Rows to start from.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct PredictRequest {
    /// Column names and arrays, all of one length: a time column, and every column that the model needs.
    #[schema(schema_with = columns)]
    data: Option<BTreeMap<String, Vec<f64>>>,
    /// The time column; without it `ts`, `timestamp`, `time`, `date`, or another name of times such as `ds` or `month`.
    #[schema(example = "ts")]
    index_col: Option<String>,
    /// Steps to forecast.
    #[schema(minimum = 1, maximum = 10000, default = 1)]
    inference_length: Option<u64>,
    /// The series; without it the one that the node serves.
    #[schema(example = "default")]
    identifier: Option<String>,
}

/// The forecast, and what made it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only its schema is used")]
struct PredictAnswer {
    #[schema(example = "SUCCESS")]
    status: String,
    identifier: String,
    run_id: String,
    config_hash: String,
    #[schema(example = "LSTM")]
    model_type: String,
    #[schema(minimum = 1)]
    generation: u64,
    req_id: String,
    cached: bool,
    /// The name of the series in a long file, where the identifier was made of it.
    series: Option<String>,
    /// Whether a naive method answers, because no model beats the naive methods; left out where not.
    #[schema(required = false)]
    fallback: bool,
    /// Whether the model was promoted before all expected families were judged; left out where not.
    #[schema(required = false)]
    provisional: bool,
    /// Rows at the end of those sent in which a target was null; the last value before them stood in its place.
    #[schema(minimum = 1)]
    imputed_rows: Option<u64>,
    /// A time and the target columns, one row a step.
    #[schema(schema_with = predictions)]
    predictions: Vec<BTreeMap<String, f64>>,
}

fn columns() -> Schema {
    let cell = |kind: Type| ObjectBuilder::new().schema_type(kind).build();
    let cells = OneOfBuilder::new()
        .item(Schema::from(cell(Type::Number)))
        .item(Schema::from(cell(Type::String)))
        .item(Schema::from(cell(Type::Null)));
    let column = Array::new(Schema::from(cells.build()));
    ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(Schema::from(column))).build().into()
}

fn predictions() -> Array {
    let step = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("ts", ObjectBuilder::new().schema_type(Type::String))
        .required("ts")
        .description(Some("The time, and a number for each target column."));
    Array::new(Schema::from(step.build()))
}

/// The description of the route.
pub fn operation() -> Operation {
    Operation::new("predict", "The steps after the last row sent")
        .about(
            "Rows may come in any order, at the step of the model and without gaps; `null` cells are imputed as in \
             training. The forecast is in the columns' own units. JSON Schema cannot say that arrays are of one \
             length, or times at one step, so that such a body is of this form and yet a 400.",
        )
        .query("inference_length", "Steps to forecast; wins over the body", integer_schema(1, MAX_HORIZON))
        .header("x-timeout-ms", "How long the caller waits", integer_schema(1, MAX_TIMEOUT_MS))
        .takes::<PredictRequest>(json!({
            "data": {"ts": ["2018-02-28 03:30:00", "2018-02-28 03:32:00"], "down": [104e6, 103e6], "up": [1e6, null]},
            "inference_length": 3
        }))
        .answers::<PredictAnswer>(200, "The forecast")
        .fails(404, "`unknown_identifier`: no model is promoted under this name, or `role_not_running`")
        .fails(422, "`invalid_field`: a field has the wrong type or range")
        .fails(429, "`queue_full`: the queue holds as many rows as QUEUE_MAXSIZE allows; `too_busy`: other requests hold the memory")
        .fails(500, "`model_error` or `internal_error`: a defect; its cause is in the log under the req_id")
        .fails(503, "`model_not_loaded`, `worker_died` or `connections_full`: the request is safe to send again")
        .fails(504, "`deadline_exceeded`: the deadline passed, and the work was dropped")
}

/// The description of the route without rows.
pub fn forecast_operation() -> Operation {
    Operation::new("forecast", "The steps after the newest rows that are stored")
        .about("As POST /predict without `data`: the forecast starts after the last measured row of the newest data set of the series.")
        .query("horizon", "Steps to forecast", integer_schema(1, MAX_HORIZON))
        .header("x-timeout-ms", "How long the caller waits", integer_schema(1, MAX_TIMEOUT_MS))
        .answers::<PredictAnswer>(200, "The forecast")
        .fails(400, "`bad_request`: the newest rows are too few for the model")
        .fails(404, "`unknown_identifier`: no model is promoted under this name; `no_dataset`: no rows are stored; or `role_not_running`")
        .fails(422, "`invalid_field`: `horizon` or the header is no whole number in its range")
        .fails(429, "`queue_full`: the queue holds as many rows as QUEUE_MAXSIZE allows; `too_busy`: other requests hold the memory")
        .fails(500, "`model_error`, `store_error` or `internal_error`: its cause is in the log under the req_id")
        .fails(503, "`model_not_loaded`, `store_unavailable`, `worker_died` or `connections_full`: the request is safe to send again")
        .fails(504, "`deadline_exceeded`: the deadline passed, and the work was dropped")
}

/// An example request for a model with this manifest.
pub fn example(manifest: &Manifest) -> Value {
    const FIRST_MS: i64 = 1_704_067_200_000; // 2024-01-01
    let rows = 0..manifest.input_rows;
    let (steps, writer) = (manifest.steps(), manifest.writer());
    let times: Vec<String> = rows.clone().map(|row| writer.write(steps.after(FIRST_MS, row as i64))).collect();
    let mut data = Map::from_iter([("ts".to_owned(), json!(times))]);
    for name in &manifest.columns {
        let mean = manifest.means.get(name).copied().unwrap_or_default();
        data.insert(name.clone(), json!(rows.clone().map(|_| mean).collect::<Vec<f64>>()));
    }
    json!({"data": data, "index_col": "ts", "inference_length": 3})
}
