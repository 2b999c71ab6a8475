//! The promotion pointer: the original's fields and what makes it safe to follow.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::forecast::{Candidate, Family, ScoreWeights};
use crate::storage::records::json;
use crate::storage::runs::{ArtifactRef, RunRecord};

/// What is served, as `current.json` and `model-selected` tell it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pointer {
    /// The series it is about.
    pub identifier: String,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// The promoted run.
    pub run_id: String,
    /// Its family.
    pub model_type: Family,
    /// Its experiment.
    pub experiment: String,
    /// Where MLflow clients find it.
    pub model_uri: String,
    /// Error at its judgement, on the score scale.
    pub rmse: Option<f64>,
    /// Error at its judgement, on the score scale.
    pub mae: Option<f64>,
    /// Error at its judgement, on the score scale.
    pub mse: Option<f64>,
    /// What it was ranked by; lower is better.
    pub score: Option<f64>,
    /// When it was promoted, RFC 3339.
    pub timestamp: String,
    /// The weights of `score`.
    pub weights: ScoreWeights,
    /// Data it was trained and judged on.
    pub dataset_id: String,
    /// Rises with every promotion, rollback or set.
    pub generation: u64,
    /// The decision behind it.
    pub seq: u64,
    /// The run that was served before.
    pub previous: Option<String>,
    /// The test rows it was judged on.
    pub window_hash: String,
    /// Hash of the manifest of the artifact.
    pub manifest_sha256: String,
}

/// What a decision adds to a run to make it a pointer.
pub struct Promotion<'a> {
    /// The scored run.
    pub candidate: &'a Candidate,
    /// The weights of its score.
    pub weights: ScoreWeights,
    /// Number of the decision.
    pub seq: u64,
    /// What was served until now.
    pub champion: Option<&'a Pointer>,
    /// The test rows.
    pub window_hash: &'a str,
    /// When, RFC 3339.
    pub timestamp: &'a str,
}

impl Pointer {
    /// A pointer to a finished run; `None` for a run without an artifact.
    pub fn promoting(run: &RunRecord, promotion: Promotion<'_>) -> Option<Self> {
        let metrics = promotion.candidate.metrics;
        let run_id = run.lineage.run_id.clone();
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
            previous: promotion.champion.map(|pointer| pointer.run_id.clone()),
            window_hash: promotion.window_hash.to_owned(),
            manifest_sha256: run.manifest_sha256.clone()?,
        })
    }

    /// What is written to `current.json` and told on `model-selected`.
    pub fn to_json(&self) -> Vec<u8> {
        json(self)
    }

    /// The artifact it names.
    pub fn artifact(&self) -> ArtifactRef {
        ArtifactRef {
            experiment: self.experiment.clone(),
            run_id: self.run_id.clone(),
            model_type: self.model_type,
            manifest_sha256: self.manifest_sha256.clone(),
        }
    }

    /// Reads `current.json`; the original's pointers are recognised, and refused with the reason.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value = tolerant(bytes)?;
        if value.get("manifest_sha256").is_none() || value.get("generation").is_none() {
            return Err(not_loadable(&value));
        }
        serde_json::from_value(value).map_err(|error| format!("promotion_manifest_incomplete: {error}"))
    }

    /// Why an object that lies where only the original put its pointers is not followed, whatever it holds.
    pub(crate) fn why_not_loadable(bytes: &[u8]) -> String {
        tolerant(bytes).map_or_else(|reason| reason, |value| not_loadable(&value))
    }
}

fn not_loadable(value: &Value) -> String {
    let run = value.get("run_id").and_then(Value::as_str).unwrap_or("no run");
    format!(
        "pointer_not_loadable: it names {run} without a manifest, so its model is a pickle without a scaler; \
         train and promote here to replace it"
    )
}

/// JSON as it is, with a byte order mark, or inside the multipart envelope that the original's gateway stored.
fn tolerant(bytes: &[u8]) -> Result<Value, String> {
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
