//! The body of `POST /predict`, read in two steps: fields that need no model, then the columns of the served model.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use warp::http::HeaderMap;

use crate::forecast::{MAX_HORIZON, Manifest, RequestRows, TIME_COLUMNS, find_time_column};
use crate::http::server::{ApiError, integer};

/// The longest deadline of a request.
pub const MAX_TIMEOUT_MS: u64 = 3_600_000;

/// A body that was read without a model.
pub struct PredictBody {
    /// Columns by name; their cells are numbers, strings or nulls.
    data: BTreeMap<String, Vec<Value>>,
    /// The name of the time column, if given.
    index_column: Option<String>,
    /// The identifier of the series, if given.
    pub identifier: Option<String>,
    /// Steps to forecast.
    pub horizon: usize,
    /// How long the caller waits, if given.
    pub timeout: Option<Duration>,
}

impl PredictBody {
    /// Reads the fields that need no model.
    pub fn parse(body: &[u8], headers: &HeaderMap, query: &BTreeMap<String, String>) -> Result<Self, ApiError> {
        let parsed: Value = serde_json::from_slice(body).map_err(|error| {
            ApiError::bad_request(format!("the body is not JSON ({error}); send an object with `data`"))
        })?;
        let Value::Object(mut body) = parsed else {
            return Err(ApiError::bad_request("the body must be a JSON object with `data`"));
        };
        let data = match body.remove("data") {
            Some(Value::Object(data)) => columns(data)?,
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

    /// The time column and the columns that the model needs; other columns are ignored.
    pub fn rows(&self, manifest: &Manifest) -> Result<RequestRows, ApiError> {
        let (name, times) = self.time_column()?;
        let times: Vec<String> = times
            .iter()
            .enumerate()
            .map(|(row, cell)| {
                cell.as_str().map(str::to_owned).ok_or_else(|| {
                    ApiError::invalid_field(format!(
                        "time column `{name}`, row {row}: expected a text, got {}",
                        type_name(cell)
                    ))
                })
            })
            .collect::<Result<_, _>>()?;
        let mut columns = BTreeMap::new();
        for name in &manifest.columns {
            let Some(cells) = self.data.get(name) else { continue };
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
            None => find_time_column(self.data.keys().map(String::as_str)).ok_or_else(|| {
                ApiError::bad_request(format!(
                    "no time column; send one of {}, or name it in `index_col`",
                    TIME_COLUMNS.join(", ")
                ))
            })?,
        };
        Ok((name, &self.data[name]))
    }
}

/// The columns, each an array of numbers, strings or nulls. Columns that the served model does not use are checked too.
fn columns(data: Map<String, Value>) -> Result<BTreeMap<String, Vec<Value>>, ApiError> {
    let column = |(name, cells): (String, Value)| {
        let Value::Array(cells) = cells else {
            let got = type_name(&cells);
            return Err(ApiError::invalid_field(format!("column `{name}`: expected an array, got {got}")));
        };
        let invalid = cells.iter().position(|cell| cell.is_boolean() || cell.is_array() || cell.is_object());
        match invalid {
            None => Ok((name, cells)),
            Some(row) => Err(ApiError::invalid_field(format!(
                "column `{name}`, row {row}: expected a number, a text or null, got {}",
                type_name(&cells[row])
            ))),
        }
    };
    data.into_iter().map(column).collect()
}

fn numbers(name: &str, cells: &[Value]) -> Result<Vec<Option<f64>>, ApiError> {
    let number = |(row, cell): (usize, &Value)| match cell {
        Value::Null => Ok(None),
        cell => cell.as_f64().filter(|value| value.is_finite()).map(Some).ok_or_else(|| {
            ApiError::invalid_field(format!(
                "column `{name}`, row {row}: expected a number or null, got {}",
                type_name(cell)
            ))
        }),
    };
    cells.iter().enumerate().map(number).collect()
}

fn text(body: &Map<String, Value>, field: &str) -> Result<Option<String>, ApiError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(ApiError::invalid_field(format!("`{field}` must be a text, got {}", type_name(other)))),
    }
}

/// The horizon. The query wins over the body, as in the original.
fn horizon(body: &Map<String, Value>, query: &BTreeMap<String, String>) -> Result<usize, ApiError> {
    let out_of_range =
        || ApiError::invalid_field(format!("`inference_length` must be a whole number from 1 to {MAX_HORIZON}"));
    let in_query =
        query.get("inference_length").map(|text| text.parse::<u64>().map_err(|_| out_of_range())).transpose()?;
    let in_body = match body.get("inference_length") {
        None | Some(Value::Null) => None,
        Some(value) => {
            Some(integer::from_json(value).and_then(|number| u64::try_from(number).ok()).ok_or_else(out_of_range)?)
        }
    };
    // both must be valid, even the one that is not used
    if !in_query.iter().chain(&in_body).all(|steps| (1..=MAX_HORIZON).contains(steps)) {
        return Err(out_of_range());
    }
    Ok(in_query.or(in_body).unwrap_or(1) as usize)
}

fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    let Some(value) = headers.get("x-timeout-ms") else { return Ok(None) };
    let milliseconds =
        value.to_str().ok().and_then(|text| text.parse::<u64>().ok()).filter(|ms| (1..=MAX_TIMEOUT_MS).contains(ms));
    milliseconds.map(|ms| Some(Duration::from_millis(ms))).ok_or_else(|| {
        ApiError::invalid_field(format!("header x-timeout-ms must be a whole number from 1 to {MAX_TIMEOUT_MS}"))
    })
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
