//! A loaded classical model: each target forecast by its own.

use crate::forecast::classical::{Model, Rows, forecast};
use crate::forecast::model::{
    Context, ContextShape, Forecast, Forecaster, Manifest, ModelError, Weights, check_contexts,
};

use super::document::restore;

struct Classical {
    manifest: Manifest,
    shape: ContextShape,
    models: Vec<Model>,
}

/// A forecaster of what a manifest and its tensors describe.
pub fn load(manifest: &Manifest, mut weights: Weights) -> Result<Box<dyn Forecaster>, ModelError> {
    if manifest.documents.len() != manifest.targets.len() {
        return Err(ModelError::Artifact(format!(
            "there are {} documents for {} targets",
            manifest.documents.len(),
            manifest.targets.len()
        )));
    }
    let documents = manifest.documents.iter().enumerate();
    let models = documents.map(|(place, document)| restore(document, place, &mut weights)).collect::<Result<_, _>>()?;
    weights.finish()?;
    let shape = manifest.context_shape();
    // the models hold what the documents say
    let manifest = Manifest { documents: Vec::new(), ..manifest.clone() };
    Ok(Box::new(Classical { manifest, shape, models }))
}

impl Forecaster for Classical {
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError> {
        check_contexts(&self.manifest, contexts, horizon)?;
        contexts.iter().map(|context| self.forecast_one(context, horizon)).collect()
    }
}

impl Classical {
    fn forecast_one(&self, context: &Context, horizon: usize) -> Result<Forecast, ModelError> {
        let (steps, width) = (self.shape.steps, self.shape.columns);
        let back = (0..context.values.len() / width).rev();
        let times_ms: Vec<i64> = back.map(|rows| steps.after(context.last_ms, -(rows as i64))).collect();
        let targets = self.models.len();
        let mut answer = vec![0.0; horizon * targets];
        for (at, (model, place)) in self.models.iter().zip(&self.shape.target_places).enumerate() {
            let values = context.values.iter().skip(*place).step_by(width).copied().collect();
            let rows = Rows::new(steps, times_ms.clone(), values);
            for (step, value) in forecast(model, &rows, horizon)?.into_iter().enumerate() {
                answer[step * targets + at] = value;
            }
        }
        Ok(answer)
    }
}
