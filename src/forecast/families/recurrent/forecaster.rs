//! From training data to the artifact of a recurrent net, and from such an artifact to forecasts.

use tch::Kind;

use crate::forecast::model::{
    Artifact, Blend, Context, Family, Forecast, Forecaster, InputEncoder, Lineage, Link, Manifest, ModelError,
    Precision, Progress, RESIDUAL_BINS, TrainSettings, TrainingData, Weights, check_contexts, train_origins,
};

use super::checkpoint::Owner;
use super::net::{CellKind, Net, Sizes, to_tensor};
use super::train_loop;
use super::train_tensors::TrainTensors;

/// The training settings that decide what a recurrent net learns.
pub const SETTINGS: &[&str] = &[
    "input_rows",
    "output_rows",
    "hidden_size",
    "num_layers",
    "batch_size",
    "max_steps",
    "epochs",
    "learning_rate",
    "seed",
];

struct Recurrent {
    manifest: Manifest,
    encoder: InputEncoder,
    net: Net,
    blend: Blend,
    /// output_rows x targets x bins, row-major.
    residuals: Vec<f64>,
}

/// Trains a net on every window of the train part, by the fixed schedule.
pub fn fit(
    cell: CellKind,
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    progress: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    let manifest = Manifest::learned(family, data, settings, lineage, |_| Link::Sqrt)?;
    let output_rows = settings.output_rows;
    let origins = train_origins(data, manifest.steps(), settings.input_rows, output_rows)?;
    let tensors = TrainTensors::of(&manifest, data)?;
    let sizes = Sizes::of(cell, &manifest)?;
    let trained = train_loop::run(sizes, &tensors, &origins, settings, &Owner::of(&manifest), progress)?;
    let mut weights = Weights::default();
    trained.net.export(&mut weights)?;
    weights.insert(
        "residuals",
        Precision::Double,
        &[output_rows, data.targets.len(), RESIDUAL_BINS],
        trained.residuals,
    );
    manifest.seal(&weights)
}

/// A forecaster of what a manifest and its tensors describe.
pub fn load(cell: CellKind, manifest: &Manifest, mut weights: Weights) -> Result<Box<dyn Forecaster>, ModelError> {
    let blend = manifest.blend.clone().ok_or_else(|| ModelError::Artifact("the seasonal blend is missing".into()))?;
    let net = Net::load(Sizes::of(cell, manifest)?, &mut weights)?;
    let residuals = weights.take("residuals", &[manifest.output_rows, manifest.targets.len(), RESIDUAL_BINS])?;
    weights.finish()?;
    Ok(Box::new(Recurrent { manifest: manifest.clone(), encoder: InputEncoder::of(manifest), net, blend, residuals }))
}

impl Forecaster for Recurrent {
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError> {
        check_contexts(&self.manifest, contexts, horizon)?;
        if contexts.is_empty() {
            return Ok(Vec::new());
        }
        let answers = self.answers(contexts)?;
        let shape = self.manifest.context_shape();
        let per_context = answers.len() / contexts.len();
        let targets = self.manifest.targets.len();
        let cells = horizon.min(self.manifest.output_rows) * targets;
        let forecasts = contexts.iter().zip(answers.chunks_exact(per_context));
        let forecasts = forecasts.map(|(context, answers)| {
            let mut forecast = Vec::with_capacity(horizon * targets);
            for (cell, z) in answers.iter().take(cells).enumerate() {
                let residuals = &self.residuals[cell * RESIDUAL_BINS..(cell + 1) * RESIDUAL_BINS];
                let output = &self.manifest.outputs[cell % targets];
                forecast.push(output.mean_of(*z, residuals));
            }
            self.blend.extend(&shape, context, horizon, &mut forecast);
            forecast
        });
        Ok(forecasts.collect())
    }
}

impl Recurrent {
    /// Standardised answers of the head, contexts x answers, row-major.
    fn answers(&self, contexts: &[Context]) -> Result<Vec<f64>, ModelError> {
        let mut encoded = Vec::new();
        for context in contexts {
            self.encoder.push_context(context, self.manifest.input_rows, &mut encoded);
        }
        let encoded: Vec<f32> = encoded.into_iter().map(|value| value as f32).collect();
        let shape = [contexts.len(), self.manifest.input_rows, self.encoder.width()];
        tch::no_grad(|| {
            let answers = self.net.forward(&to_tensor(&encoded, &shape)?)?;
            let flat = answers.f_to_kind(Kind::Double)?.f_reshape([-1])?;
            Ok(Vec::<f64>::try_from(flat)?)
        })
    }
}
