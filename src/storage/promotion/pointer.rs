//! The promotion pointer: the original program's fields, and those that make it safe to serve.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::forecast::{Candidate, Family, ScoreWeights, Standing};
use crate::storage::records::{check_hash, check_identifier, json};
use crate::storage::runs::{ArtifactRef, RunRecord, check_artifact};

/// The model that is served: the content of `current.json` and of records of `model-selected`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pointer {
    /// The series that the model forecasts.
    pub identifier: String,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// The promoted run.
    pub run_id: String,
    /// The model family.
    pub model_type: Family,
    /// The experiment of the run.
    pub experiment: String,
    /// The address of the model for MLflow clients.
    pub model_uri: String,
    /// Root mean squared error when it was judged, on the score scale.
    pub rmse: Option<f64>,
    /// Mean absolute error when it was judged, on the score scale.
    pub mae: Option<f64>,
    /// Mean squared error when it was judged, on the score scale.
    pub mse: Option<f64>,
    /// The score that it was ranked by; lower is better.
    pub score: Option<f64>,
    /// When it was promoted, RFC 3339.
    pub timestamp: String,
    /// The weights of the metrics in `score`; none where the mean relative loss is the score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<ScoreWeights>,
    /// The data set that it was trained and judged on.
    pub dataset_id: String,
    /// Rises with every promotion, rollback or set.
    pub generation: u64,
    /// The number of the decision that promoted it.
    pub seq: u64,
    /// The run that was served before.
    pub previous: Option<String>,
    /// Hash of the test rows that it was judged on.
    pub window_hash: String,
    /// SHA-256 of the artifact's manifest, hex.
    pub manifest_sha256: String,
    /// How the model came to be served.
    #[serde(flatten)]
    pub standing: Standing,
}

/// What a decision adds to a run to make it a pointer.
pub struct Promotion<'a> {
    /// The scored run.
    pub candidate: &'a Candidate,
    /// The weights of the metrics in its score, if they rank.
    pub weights: Option<ScoreWeights>,
    /// The number of the decision.
    pub seq: u64,
    /// The pointer before the decision.
    pub champion: Option<&'a Pointer>,
    /// Hash of the test rows.
    pub window_hash: &'a str,
    /// When it is promoted, RFC 3339.
    pub timestamp: &'a str,
    /// How the model comes to be served.
    pub standing: Standing,
}

impl Pointer {
    /// A pointer to a finished run; `None` for a run without an artifact.
    pub fn promoting(run: &RunRecord, promotion: Promotion<'_>) -> Option<Self> {
        let metrics = promotion.candidate.metrics;
        let run_id = run.lineage.run_id.clone();
        let previous = promotion.champion.and_then(|champion| match champion.run_id == run_id {
            // a provisional champion is confirmed
            true => champion.previous.clone(),
            false => Some(champion.run_id.clone()),
        });
        Some(Self {
            identifier: run.lineage.identifier.clone(),
            config_hash: run.lineage.config_hash.clone(),
            model_uri: format!("runs:/{run_id}/{}", run.model_type),
            run_id,
            model_type: run.model_type,
            experiment: run.experiment.clone(),
            rmse: metrics.map(|metrics| metrics.rmse),
            mae: metrics.map(|metrics| metrics.mae),
            mse: metrics.map(|metrics| metrics.mse),
            score: promotion.candidate.score,
            timestamp: promotion.timestamp.to_owned(),
            weights: promotion.weights,
            dataset_id: run.lineage.dataset_id.clone(),
            generation: promotion.champion.map_or(0, |pointer| pointer.generation) + 1,
            seq: promotion.seq,
            previous,
            window_hash: promotion.window_hash.to_owned(),
            manifest_sha256: run.manifest_sha256.clone()?,
            standing: promotion.standing,
        })
    }

    /// The bytes of `current.json` and of a record of `model-selected`.
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }

    /// The artifact of the model.
    pub fn artifact(&self) -> ArtifactRef {
        ArtifactRef {
            experiment: self.experiment.clone(),
            run_id: self.run_id.clone(),
            model_type: self.model_type,
            manifest_sha256: self.manifest_sha256.clone(),
        }
    }

    /// Which field is not what FLTS writes; all of these become parts of keys.
    pub(super) fn check(&self) -> Result<(), String> {
        check_identifier(&self.identifier)?;
        check_hash("config_hash", &self.config_hash)?;
        check_hash("dataset_id", &self.dataset_id)?;
        check_artifact(&self.experiment, &self.run_id, Some(&self.manifest_sha256))
    }

    /// Reads `current.json`; a pointer of the original program is refused with the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value = parse_json(bytes)?;
        if value.get("manifest_sha256").is_none() || value.get("generation").is_none() {
            return Err(not_loadable(&value));
        }
        let pointer: Self =
            serde_json::from_value(value).map_err(|error| format!("promotion_manifest_incomplete: {error}"))?;
        pointer.check().map_err(|error| format!("promotion_manifest_incomplete: {error}; promote again"))?;
        Ok(pointer)
    }

    /// Why an object at a place of the original's pointers is not served.
    pub(super) fn why_not_loadable(bytes: &[u8]) -> String {
        parse_json(bytes).map_or_else(|reason| reason, |value| not_loadable(&value))
    }
}

fn not_loadable(value: &Value) -> String {
    let run = value.get("run_id").and_then(Value::as_str).unwrap_or("no run");
    format!(
        "pointer_not_loadable: it names {run} without a manifest, so its model is a pickle without a scaler; \
         train and promote here to replace it"
    )
}

/// Reads JSON, also after a byte order mark, or inside the multipart envelope that the original's gateway stored.
fn parse_json(bytes: &[u8]) -> Result<Value, String> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return Err("raw_bytes_empty: the pointer object is empty; promote again".into());
    }
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let inner = text.find('{').zip(text.rfind('}')).filter(|(first, last)| first < last);
    let inner = inner.and_then(|(first, last)| serde_json::from_str(&text[first..=last]).ok());
    inner.ok_or_else(|| "promotion_pointer_parse_fail: the pointer object holds no json; promote again".into())
}
