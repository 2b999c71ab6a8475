//! Persistence: the last row, again and again.

use crate::forecast::model::{
    Artifact, Context, Family, Forecast, Forecaster, Lineage, Manifest, ModelError, TrainSettings, TrainingData,
    check_contexts,
};

use super::seasonal_naive::{last_rows_again, nothing_learned};

struct Persistence {
    manifest: Manifest,
}

/// Nothing is learned: the manifest says it all.
pub fn fit(data: &TrainingData, settings: &TrainSettings, lineage: Lineage) -> Result<Artifact, ModelError> {
    let mut manifest = Manifest::new(Family::Persistence, data, settings, lineage)?;
    manifest.input_rows = 1;
    manifest.output_rows = 1;
    manifest.calendar_inputs.clear();
    manifest.seal(&nothing_learned())
}

/// A forecaster of what a manifest describes.
pub fn load(manifest: &Manifest) -> Result<Box<dyn Forecaster>, ModelError> {
    Ok(Box::new(Persistence { manifest: manifest.clone() }))
}

impl Forecaster for Persistence {
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError> {
        check_contexts(&self.manifest, contexts, horizon)?;
        Ok(last_rows_again(&self.manifest, contexts, horizon))
    }
}
