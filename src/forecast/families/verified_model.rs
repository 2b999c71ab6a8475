//! A model whose files were verified: one immutable value, and the forecasters built from it.

use std::fmt::Debug;
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;

use crate::forecast::data::sha256_hex;
use crate::forecast::model::{Artifact, Context, Forecaster, Manifest, ModelError, Standing, WEIGHTS_FILE, Weights};

use super::table;

/// Building takes several times the memory of the weights for a moment: one thread at a time does it.
static BUILDING: Mutex<()> = Mutex::new(());

/// The memory that is reserved for a model, for as long as it lives.
pub trait HeldMemory: Debug + Send + Sync {
    /// The model is warmed up: what only that took is given back.
    fn warmed_up(&self);
    /// The bytes that are reserved.
    fn bytes(&self) -> usize;
}

/// A model whose bytes are the ones that were judged; shared by `Arc`, never changed.
#[derive(Clone, Debug)]
pub struct VerifiedModel {
    /// What the model is and needs.
    pub manifest: Manifest,
    /// The tensors, in safetensors format.
    pub weights: Bytes,
    /// SHA-256 of the manifest's bytes.
    pub manifest_sha256: String,
    /// Number of the promotion that serves it; 0 where it was not promoted.
    pub generation: u64,
    /// How it came to be served.
    pub standing: Standing,
    held: Option<Arc<dyn HeldMemory>>,
}

impl VerifiedModel {
    /// Checks both hashes: the manifest's before it is read, the weights' before they are parsed.
    pub fn verify(
        manifest_json: &[u8],
        weights: Bytes,
        expected_manifest_sha256: Option<&str>,
        generation: u64,
    ) -> Result<VerifiedModel, ModelError> {
        let manifest_sha256 = sha256_hex(manifest_json);
        let manifest = VerifiedModel::verify_manifest(manifest_json, expected_manifest_sha256)?;
        let expected = manifest
            .files
            .get(WEIGHTS_FILE)
            .ok_or_else(|| ModelError::Artifact(format!("the manifest has no hash of {WEIGHTS_FILE}")))?;
        check_sha256(WEIGHTS_FILE, expected, &sha256_hex(&weights))?;
        Ok(VerifiedModel { manifest, weights, manifest_sha256, generation, standing: Standing::default(), held: None })
    }

    /// Checks the hash of a manifest before it is read.
    pub fn verify_manifest(manifest_json: &[u8], expected_sha256: Option<&str>) -> Result<Manifest, ModelError> {
        if let Some(expected) = expected_sha256 {
            check_sha256("manifest.json", expected, &sha256_hex(manifest_json))?;
        }
        Manifest::from_json(manifest_json)
    }

    /// The same model; `held` lives as long as the last clone of it.
    pub fn holding(self, held: impl HeldMemory + 'static) -> VerifiedModel {
        VerifiedModel { held: Some(Arc::new(held)), ..self }
    }

    /// The bytes of memory that are reserved for it.
    pub fn held_bytes(&self) -> usize {
        self.held.as_ref().map_or(0, |held| held.bytes())
    }

    /// The verified model of an artifact that was never stored, so that no hash of its manifest is known.
    pub fn of(artifact: &Artifact, generation: u64) -> Result<VerifiedModel, ModelError> {
        let weights = Bytes::copy_from_slice(&artifact.weights);
        VerifiedModel::verify(&artifact.manifest.to_json(), weights, None, generation)
    }

    /// A forecaster for one thread; each build holds its own tensors.
    pub fn build(&self) -> Result<Box<dyn Forecaster>, ModelError> {
        let _building = BUILDING.lock();
        let weights = Weights::decode(&self.weights)?;
        (table::row(self.manifest.model_type).load)(&self.manifest, weights)
    }

    /// Builds a forecaster and demands finite numbers of the right shape from it: forecasts from the train means, up to one step beyond
    /// the head.
    pub fn warm_up(&self) -> Result<(), ModelError> {
        let model = self.build()?;
        let manifest = &self.manifest;
        let means = manifest.columns.iter();
        let row: Vec<f64> = means.map(|column| manifest.means.get(column).copied().unwrap_or(0.0)).collect();
        let context = Context { last_ms: 0, values: row.repeat(manifest.input_rows) };
        for horizon in [1, manifest.output_rows, manifest.output_rows + 1] {
            let forecasts = model.forecast(&[context.clone(), context.clone()], horizon)?;
            let cells = horizon * manifest.targets.len();
            let sound = forecasts.len() == 2
                && forecasts.iter().all(|f| f.len() == cells && f.iter().all(|value| value.is_finite()));
            if !sound {
                return Err(ModelError::Artifact(format!(
                    "a forecast of {horizon} steps did not give {cells} finite numbers"
                )));
            }
        }
        if let Some(held) = &self.held {
            held.warmed_up();
        }
        Ok(())
    }
}

fn check_sha256(file: &str, expected: &str, found: &str) -> Result<(), ModelError> {
    if expected.eq_ignore_ascii_case(found) {
        return Ok(());
    }
    Err(ModelError::Artifact(format!(
        "{file} has SHA-256 {found}, expected {expected}: it is damaged or not the file that was judged"
    )))
}
