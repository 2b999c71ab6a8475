//! The body of `POST /predict`, read in two steps: fields that need no model, then the columns of the served model.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};
use warp::http::HeaderMap;

use crate::forecast::{MAX_HORIZON, Manifest, RequestRows, TIME_COLUMNS, TimeTexts, find_time_column};
use crate::http::server::{ApiError, integer};
use crate::limits::ERROR_QUOTE;

use super::columns::{ARRAY, BOOLEAN, Columns, NULL, NUMBER, OBJECT, TEXT};
use super::json::{BodyJson, DataJson};

/// The longest deadline of a request.
pub const MAX_TIMEOUT_MS: u64 = 3_600_000;

/// A body that was read without a model.
pub struct PredictBody {
    /// None where the body has no rows.
    columns: Option<Columns>,
    /// The name of the time column, if given.
    index_column: Option<String>,
    /// The identifier of the series, if given.
    pub identifier: Option<String>,
    /// Steps to forecast.
    pub horizon: usize,
}

/// The most memory in bytes that the columns of a body take, judged by its commas and quotes: at most as many cells, or texts.
///
/// A cell takes 8 bytes, and as much again while its column grows; a time 16 more, where its text ends and its place in the order. A text takes its
/// bytes, and as many while it grows.
pub fn columns_bytes(body: &[u8]) -> usize {
    let count = |byte: u8| body.iter().filter(|one| **one == byte).count();
    let commas = count(b',');
    16 * (commas + 1) + 8 * count(b'"') + 2 * (body.len() - commas)
}

impl PredictBody {
    /// Reads the fields that need no model.
    pub fn parse(body: &[u8], headers: &HeaderMap, query: &BTreeMap<String, String>) -> Result<Self, ApiError> {
        let parsed: BodyJson = serde_json::from_slice(body).map_err(|error| {
            ApiError::bad_request(format!("the body is not JSON ({error}); send an object with `data`"))
        })?;
        let BodyJson::Object { data, fields } = parsed else {
            return Err(ApiError::bad_request("the body must be a JSON object with `data`"));
        };
        let columns = match data {
            DataJson::Columns(columns) => Some(columns),
            DataJson::Missing => None,
            DataJson::Other => {
                return Err(ApiError::invalid_field("`data` must be an object of column names and arrays"));
            }
        };
        columns.as_ref().map_or(Ok(()), Columns::check)?;
        if fields.get("intervals").is_some_and(|levels| !levels.is_null()) {
            return Err(ApiError::bad_request("`intervals` are not available yet; leave the field out"));
        }
        let body = Self {
            columns,
            index_column: text(&fields, "index_col")?,
            identifier: text(&fields, "identifier")?,
            horizon: horizon(&fields, query)?,
        };
        timeout(headers)?;
        Ok(body)
    }

    /// Whether it has rows; else those that are stored are meant.
    pub fn has_rows(&self) -> bool {
        self.columns.is_some()
    }

    /// The time column and the columns that the model needs; other columns are ignored.
    pub fn rows(self, manifest: &Manifest) -> Result<RequestRows, ApiError> {
        let mut sent = self.columns.unwrap_or_default();
        let name = time_column(&sent, self.index_column.as_deref())?.to_owned();
        // a column may be both, and is then refused as a column of numbers
        let is_needed = manifest.columns.contains(&name);
        let cells = if is_needed { sent.cells(&name).cloned() } else { sent.take(&name) };
        let times = cells.map_or_else(|| Ok(TimeTexts::default()), |cells| cells.times(&name))?;
        let mut columns = BTreeMap::new();
        for name in &manifest.columns {
            let Some(cells) = sent.take(name) else { continue };
            columns.insert(name.clone(), cells.numbers(name)?);
        }
        Ok(RequestRows { times, columns })
    }
}

fn time_column<'a>(columns: &'a Columns, index_column: Option<&'a str>) -> Result<&'a str, ApiError> {
    match index_column {
        Some(name) if columns.contains(name) => Ok(name),
        Some(name) => {
            let name = ERROR_QUOTE.cut(name);
            Err(ApiError::bad_request(format!("`index_col` names `{name}`, which `data` does not hold")))
        }
        None => find_time_column(columns.names()).ok_or_else(|| {
            ApiError::bad_request(format!(
                "no time column; send one of {}, or name it in `index_col`",
                TIME_COLUMNS.join(", ")
            ))
        }),
    }
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
    let out_of_range = || horizon_out_of_range("inference_length");
    let in_query = horizon_in(query, "inference_length")?.map(|steps| steps as u64);
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

/// The horizon in a parameter of the query, if given.
///
/// # Errors
/// 422 if it is no whole number in its range.
pub fn horizon_in(query: &BTreeMap<String, String>, name: &str) -> Result<Option<usize>, ApiError> {
    let Some(text) = query.get(name) else { return Ok(None) };
    let steps = text.parse::<u64>().ok().filter(|steps| (1..=MAX_HORIZON).contains(steps));
    steps.map(|steps| Some(steps as usize)).ok_or_else(|| horizon_out_of_range(name))
}

fn horizon_out_of_range(name: &str) -> ApiError {
    ApiError::invalid_field(format!("`{name}` must be a whole number from 1 to {MAX_HORIZON}"))
}

/// How long the caller waits, if it says so.
///
/// # Errors
/// 422 if the header is no number of milliseconds in its range.
pub fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, ApiError> {
    let Some(value) = headers.get("x-timeout-ms") else { return Ok(None) };
    let milliseconds =
        value.to_str().ok().and_then(|text| text.parse::<u64>().ok()).filter(|ms| (1..=MAX_TIMEOUT_MS).contains(ms));
    milliseconds.map(|ms| Some(Duration::from_millis(ms))).ok_or_else(|| {
        ApiError::invalid_field(format!("header x-timeout-ms must be a whole number from 1 to {MAX_TIMEOUT_MS}"))
    })
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOLEAN,
        Value::Number(_) => NUMBER,
        Value::String(_) => TEXT,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
    }
}
