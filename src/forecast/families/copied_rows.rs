//! What the families share that forecast by copying rows of the context: they learn nothing.

use crate::forecast::model::{Context, Forecast, Forecaster, Manifest, ModelError, Precision, Weights, check_contexts};

/// Repeats the targets of the whole context, row by row, until the horizon is reached.
struct CopiedRows {
    manifest: Manifest,
}

/// A forecaster that repeats the context's rows; a family chooses by `input_rows` how many those are.
pub fn load(manifest: &Manifest, _nothing_learned: Weights) -> Result<Box<dyn Forecaster>, ModelError> {
    Ok(Box::new(CopiedRows { manifest: manifest.clone() }))
}

/// The tensors of a family that learns none: one zero, because every artifact has a tensor file.
pub fn nothing_learned() -> Weights {
    let mut weights = Weights::default();
    weights.insert("nothing_learned", Precision::Single, &[1], vec![0.0]);
    weights
}

impl Forecaster for CopiedRows {
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError> {
        check_contexts(&self.manifest, contexts, horizon)?;
        let width = self.manifest.columns.len();
        let places = self.manifest.target_places();
        let repeat = |context: &Context| {
            let rows = (0..horizon).map(|step| step % self.manifest.input_rows);
            rows.flat_map(|row| places.iter().map(move |place| row * width + place))
                .map(|cell| context.values[cell])
                .collect()
        };
        Ok(contexts.iter().map(repeat).collect())
    }
}
