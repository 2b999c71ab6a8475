//! Scores: metrics on the train's min-max scale, how they are weighed, and how a model earns them.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::forecast::data::Series;
use crate::forecast::model::{Forecaster, Manifest, MinMax, ModelError};

use super::test_window::{JoinedSeries, TestWindow};

/// Most contexts in one forward pass of an evaluation.
const BATCH: usize = 512;

/// Most values in the contexts of one pass, which bounds the memory of an evaluation.
const BATCH_VALUES: usize = 1_000_000;

/// Errors one step ahead, on the train's min-max scale, pooled over targets.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Root of the mean squared error.
    pub rmse: f64,
    /// Mean absolute error.
    pub mae: f64,
    /// Mean squared error.
    pub mse: f64,
    /// Share of the variance that is explained; 0 where the truth is constant.
    pub r2: f64,
}

impl Metrics {
    /// Metrics of pairs (truth, forecast); none where there is no pair.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Metrics> {
        if pairs.is_empty() {
            return None;
        }
        let rows = pairs.len() as f64;
        let mean = pairs.iter().map(|(truth, _)| truth).sum::<f64>() / rows;
        let (mut squares, mut sizes, mut variance) = (0.0, 0.0, 0.0);
        for (truth, forecast) in pairs {
            squares += (truth - forecast).powi(2);
            sizes += (truth - forecast).abs();
            variance += (truth - mean).powi(2);
        }
        let mse = squares / rows;
        Some(Metrics {
            rmse: mse.sqrt(),
            mae: sizes / rows,
            mse,
            r2: if variance > 0.0 { 1.0 - squares / variance } else { 0.0 },
        })
    }
}

/// How metrics become one score; lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreWeights {
    rmse: f64,
    mae: f64,
    mse: f64,
    r2: f64,
}

impl Default for ScoreWeights {
    fn default() -> Self {
        ScoreWeights { rmse: 0.5, mae: 0.3, mse: 0.2, r2: 0.0 }
    }
}

impl ScoreWeights {
    /// Reads JSON such as `{"test_rmse":0.5,"test_mae":0.5}`; metrics that are not named weigh nothing.
    pub fn parse(text: &str) -> Result<ScoreWeights, String> {
        let Ok(Value::Object(named)) = serde_json::from_str(text) else {
            return Err(format!(
                r#"SCORE_WEIGHTS is '{text}', but must be a JSON object such as {{"test_rmse":0.5,"test_mae":0.5}}"#
            ));
        };
        let mut weights = ScoreWeights { rmse: 0.0, mae: 0.0, mse: 0.0, r2: 0.0 };
        for (name, weight) in &named {
            let place = match name.as_str() {
                "test_rmse" => &mut weights.rmse,
                "test_mae" => &mut weights.mae,
                "test_mse" => &mut weights.mse,
                "test_r2" => &mut weights.r2,
                _ => {
                    let known = "test_rmse, test_mae, test_mse, test_r2";
                    return Err(format!("SCORE_WEIGHTS names '{name}', but the metrics are {known}"));
                }
            };
            *place = weight.as_f64().filter(|weight| *weight >= 0.0).ok_or_else(|| {
                format!("SCORE_WEIGHTS gives {name} the weight {weight}, but it must be a number from 0")
            })?;
        }
        if weights.rmse + weights.mae + weights.mse + weights.r2 <= 0.0 {
            return Err("SCORE_WEIGHTS gives no metric a weight above 0, so that every model would score alike".into());
        }
        Ok(weights)
    }

    /// The weighted sum; r2 enters as 1 - r2.
    pub fn score(&self, metrics: &Metrics) -> f64 {
        // an unweighted metric must not spoil the sum with its NaN
        let part = |weight: f64, value: f64| if weight > 0.0 { weight * value } else { 0.0 };
        part(self.rmse, metrics.rmse)
            + part(self.mae, metrics.mae)
            + part(self.mse, metrics.mse)
            + part(self.r2, 1.0 - metrics.r2)
    }
}

/// Scores a model one step ahead on the window, on the min-max scale of `train`; the context is what its manifest demands.
pub fn evaluate(
    model: &dyn Forecaster,
    manifest: &Manifest,
    train: &Series,
    test: &Series,
    window: &TestWindow,
) -> Result<Metrics, ModelError> {
    let joined = JoinedSeries::checked(train, test, manifest)?;
    let columns = joined.columns(&manifest.columns)?;
    let places = manifest.target_places();
    let mut scales = Vec::with_capacity(places.len());
    for target in &manifest.targets {
        let values = train.column(target).map(|column| column.values.as_slice());
        let scale = MinMax::fit(values.unwrap_or_default());
        scales.push(scale.ok_or_else(|| ModelError::Data(format!("the train part has no values of {target:?}")))?);
    }
    let mut pairs = Vec::with_capacity(window.rows.len() * places.len());
    let values_each = (manifest.input_rows * columns.len()).max(1);
    let batch = (BATCH_VALUES / values_each).clamp(1, BATCH);
    for rows in window.rows.chunks(batch) {
        let mut contexts = Vec::with_capacity(rows.len());
        for row in rows {
            contexts.push(joined.context(&columns, *row, manifest.input_rows)?);
        }
        let forecasts = model.forecast(&contexts, 1)?;
        for (row, forecast) in rows.iter().zip(&forecasts) {
            for (i, place) in places.iter().enumerate() {
                let truth = columns[*place].1[*row];
                pairs.push((scales[i].scale(truth), scales[i].scale(forecast[i])));
            }
        }
    }
    Metrics::of(&pairs)
        .ok_or_else(|| ModelError::Data("the test window is empty, give more test rows with measured targets".into()))
}
