//! What a model answers to the rows of an object: the forecast after them and the errors of their replay. Claims of the same rows share
//! it, for the same model gives the same bits.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::actors::shared::{PredictError, Serving};
use crate::forecast::{
    BacktestErrors, ClaimRows, Forecast, Manifest, VerifiedModel, canonical_text, check_forecast, sha256_hex,
};

use super::limits::Hands;
use super::objects::ObjectRows;
use super::settings::Trouble;

/// Steps ahead whose error the log tells.
const STEP_ERRORS_MAX: usize = 200;

/// The answer to every claim of the same rows.
pub struct Outcome {
    /// Rows of the forecast.
    pub rows: usize,
    /// SHA-256 of the forecast as canonical JSON.
    pub prediction_sha256: String,
    /// How far off the replay was; none where the rows allow none.
    pub errors: Option<BacktestErrors>,
    /// What a line of the log says of it: members of a JSON object, without its braces.
    pub logged: String,
}

/// Asks the model, in passes that hold nothing but these rows.
pub async fn outcome(
    serving: &Serving,
    hands: &Hands,
    served: &Arc<VerifiedModel>,
    object: &Arc<ObjectRows>,
    horizon: usize,
) -> Result<Outcome, Trouble> {
    let (model, rows) = (served.clone(), object.clone());
    let prepared = hands.run(move || ClaimRows::of(&model.manifest, &rows.series, &rows.imputed)).await;
    let rows = prepared.map_err(lost)?.map_err(|error| Trouble::Refused(error.to_string()))?;
    let (forecast, replayed) = ask(serving, served, &rows, horizon).await?;
    check_forecast(&forecast).map_err(|error| Trouble::Refused(error.to_string()))?;
    let model = served.clone();
    hands.run(move || told(&model.manifest, &rows, &forecast, &replayed)).await.map_err(lost)
}

/// The forecast, and that of every origin. Where one pass can answer both, it does.
async fn ask(
    serving: &Serving,
    served: &Arc<VerifiedModel>,
    rows: &ClaimRows,
    horizon: usize,
) -> Result<(Forecast, Vec<Forecast>), Trouble> {
    let head = served.manifest.output_rows;
    let last = std::iter::once(rows.last.clone());
    if horizon > head {
        let forecast = serving.forecast_alone(served, last.collect(), horizon).await.map_err(trouble)?;
        let replayed = serving.forecast_alone(served, rows.origins.clone(), head).await.map_err(trouble)?;
        return Ok((forecast.into_iter().next().unwrap_or_default(), replayed));
    }
    let contexts = last.chain(rows.origins.iter().cloned()).collect();
    let mut forecasts = serving.forecast_alone(served, contexts, head).await.map_err(trouble)?.into_iter();
    let mut forecast = forecasts.next().unwrap_or_default();
    forecast.truncate(horizon * served.manifest.targets.len());
    Ok((forecast, forecasts.collect()))
}

fn trouble(error: PredictError) -> Trouble {
    match error {
        PredictError::Model(_) | PredictError::Panicked => Trouble::Refused(error.to_string()),
        error => Trouble::Later(error.to_string()),
    }
}

fn lost(error: tokio::task::JoinError) -> Trouble {
    match error.is_panic() {
        true => Trouble::Refused(format!("the rows could not be worked on: {error}")),
        false => Trouble::Later("the node is stopping".into()),
    }
}

fn told(manifest: &Manifest, rows: &ClaimRows, forecast: &Forecast, replayed: &[Forecast]) -> Outcome {
    let times = rows.times_after(manifest, forecast.len() / manifest.targets.len().max(1));
    let steps = times.iter().zip(forecast.chunks(manifest.targets.len()));
    let predictions: Value = steps
        .map(|(time, row)| {
            let mut step = Map::from_iter([("ts".to_owned(), Value::from(time.as_str()))]);
            step.extend(manifest.targets.iter().cloned().zip(row.iter().map(|&value| Value::from(value))));
            Value::Object(step)
        })
        .collect();
    let prediction_sha256 = sha256_hex(canonical_text(&predictions).as_bytes());
    let errors = rows.errors(manifest, replayed);
    let metrics = metrics(errors.as_ref(), &prediction_sha256, times.len());
    let samples = json!(rows.samples(manifest, replayed));
    let logged = format!(
        "\"metrics\":{metrics},\"samples\":{samples},\"prediction_sha256\":\"{prediction_sha256}\",\"predictions\":{predictions}"
    );
    Outcome { rows: times.len(), prediction_sha256, errors, logged }
}

/// The original's words, and how many points they were taken over.
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
