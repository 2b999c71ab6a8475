//! What a model answers to the rows of an object: the forecast after them, and the errors of a backtest over them. Claims of the same rows
//! share one, for the same model gives the same bits.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use tokio::task::JoinError;

use crate::actors::shared::{HeldForWork, PredictError, Serving};
use crate::forecast::{
    BacktestErrors, ClaimRows, Forecast, Manifest, VerifiedModel, canonical_text, check_forecast, prediction_rows,
    sha256_hex,
};

use super::claim_error::ClaimError;
use super::limits::ClaimLimits;
use super::objects::ObjectRows;

/// Steps ahead whose error is logged.
const STEP_ERRORS_MAX: usize = 200;

/// The answer to every claim of the same rows.
pub struct ClaimForecast {
    /// Rows of the forecast.
    pub rows: usize,
    /// How far off the backtest was; none where the rows are too few for one.
    pub errors: Option<BacktestErrors>,
    /// What a line of the log says of it.
    pub logged: LoggedForecast,
}

/// The members of a log line that all claims of the same rows share. They are kept as JSON text, and copied into the line of each claim.
#[derive(Serialize)]
pub struct LoggedForecast {
    /// Errors of the backtest.
    metrics: Box<RawValue>,
    /// Some of its forecasts beside what was measured.
    samples: Box<RawValue>,
    /// SHA-256 of the forecast as canonical JSON.
    pub prediction_sha256: String,
    /// The forecast, by step.
    predictions: Box<RawValue>,
}

impl ClaimForecast {
    /// The memory that it takes up, nearly all of it JSON text.
    pub fn bytes(&self) -> usize {
        let LoggedForecast { metrics, samples, prediction_sha256, predictions } = &self.logged;
        metrics.get().len() + samples.get().len() + prediction_sha256.len() + predictions.get().len()
    }
}

/// Asks the model, in passes that hold nothing but these rows. What is `held` for the work lives until its last part has ended.
pub async fn forecast_claim(
    serving: &Serving,
    limits: &ClaimLimits,
    served: &Arc<VerifiedModel>,
    object: &Arc<ObjectRows>,
    horizon: usize,
    held: &HeldForWork,
) -> Result<ClaimForecast, ClaimError> {
    let (model, rows) = (served.clone(), object.clone());
    let prepare = move || ClaimRows::of(&model.manifest, &rows.series, &rows.imputed);
    let (prepared, _) = limits.compute(held.clone(), prepare).await.map_err(not_computed)?;
    let rows = prepared.map_err(|error| ClaimError::rejected(error.to_string()))?;
    let (forecast, backtest) = forecasts(serving, served, &rows, horizon, held).await?;
    check_forecast(&forecast).map_err(|error| ClaimError::rejected(error.to_string()))?;
    let model = served.clone();
    let answer = move || claim_forecast(&model.manifest, &rows, &forecast, &backtest);
    let (answer, _) = limits.compute(held.clone(), answer).await.map_err(not_computed)?;
    answer.map_err(|error| ClaimError::rejected(error.to_string()))
}

/// The forecast after the last row, and one from each origin of the backtest; in one pass where the horizon allows it.
async fn forecasts(
    serving: &Serving,
    served: &Arc<VerifiedModel>,
    rows: &ClaimRows,
    horizon: usize,
    held: &HeldForWork,
) -> Result<(Forecast, Vec<Forecast>), ClaimError> {
    let head = served.manifest.output_rows;
    let last = std::iter::once(rows.last.clone());
    if horizon > head {
        let forecast = serving.forecast_alone(served, last, horizon, held).await.map_err(not_forecast)?;
        let backtest = serving.forecast_alone(served, rows.origins(), head, held).await.map_err(not_forecast)?;
        return Ok((forecast.into_iter().next().unwrap_or_default(), backtest));
    }
    let contexts = last.chain(rows.origins());
    let mut forecasts = serving.forecast_alone(served, contexts, head, held).await.map_err(not_forecast)?.into_iter();
    let mut forecast = forecasts.next().unwrap_or_default();
    forecast.truncate(horizon * served.manifest.targets.len());
    Ok((forecast, forecasts.collect()))
}

fn not_forecast(error: PredictError) -> ClaimError {
    match error {
        PredictError::Model(_) | PredictError::Panicked => ClaimError::rejected(error.to_string()),
        error => ClaimError::Retry(error.to_string()),
    }
}

fn not_computed(error: JoinError) -> ClaimError {
    match error.is_panic() {
        true => ClaimError::rejected(format!("the rows could not be worked on: {error}")),
        false => ClaimError::Retry("the node is stopping".into()),
    }
}

fn claim_forecast(
    manifest: &Manifest,
    rows: &ClaimRows,
    forecast: &Forecast,
    backtest: &[Forecast],
) -> serde_json::Result<ClaimForecast> {
    let times = rows.times_after(manifest, forecast.len() / manifest.targets.len().max(1));
    let rows_predicted = times.len();
    let predictions = Value::from(prediction_rows(manifest, forecast, times));
    let prediction_sha256 = sha256_hex(canonical_text(&predictions).as_bytes());
    let errors = rows.errors(manifest, backtest);
    let logged = LoggedForecast {
        metrics: to_raw_value(&metrics(errors.as_ref(), &prediction_sha256, rows_predicted))?,
        samples: to_raw_value(&json!(rows.samples(manifest, backtest)))?,
        predictions: to_raw_value(&predictions)?,
        prediction_sha256,
    };
    Ok(ClaimForecast { rows: rows_predicted, errors, logged })
}

/// Errors of the backtest under the original's names, and how many points they were taken over.
fn metrics(errors: Option<&BacktestErrors>, prediction_sha256: &str, rows_predicted: usize) -> Value {
    let mut metrics = json!({"prediction_hash": &prediction_sha256[..16], "rows_predicted": rows_predicted});
    if let Some(errors) = errors {
        let steps = errors.step_mae.iter().enumerate().take(STEP_ERRORS_MAX);
        let step_mae: Vec<Value> =
            steps.filter_map(|(step, mae)| Some(json!({"step": step, "mae": (*mae)?}))).collect();
        let more = json!({
            "replay_origins": errors.origins, "overlap_rows": errors.points, "mae_mean": errors.mae,
            "mse_mean": errors.mse, "rmse": errors.rmse, "mae": errors.mae_of, "mse": errors.mse_of, "step_mae": step_mae,
        });
        if let (Value::Object(metrics), Value::Object(more)) = (&mut metrics, more) {
            metrics.extend(more);
        }
    }
    metrics
}
