//! GRU and LSTM on tch: the net, its artifact, and the forecaster; `training.rs` holds the loop.
//!
//! Cells are PyTorch's (gates r, z, n and i, f, g, o, two bias vectors, zero initial state); a linear head on the last
//! row's state answers every step and target at once.

use std::ops::ControlFlow;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tch::nn::{Init, VarStore};
use tch::{Device, Kind, Tensor};

use super::manifest::{Artifact, Manifest, target_values};
use super::model::{Context, Family, Forecast, Forecaster, Lineage, ModelError, TrainSettings, TrainingData};
use super::season::Blend;
use super::training;
use super::transform::{ColumnTransform, Link, RESIDUAL_BINS, TargetTransform};
use super::weights::{Precision, Weights};
use super::window::{InputEncoder, check_contexts, train_origins};

/// Sizes of a net.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// GRU or LSTM.
    pub family: Family,
    /// Inputs per row.
    pub inputs: usize,
    /// Width of a layer.
    pub hidden: usize,
    /// Layers.
    pub layers: usize,
    /// Numbers that the head answers: steps x targets.
    pub answers: usize,
}

impl Sizes {
    fn of(manifest: &Manifest) -> Result<Sizes, ModelError> {
        Ok(Sizes {
            family: manifest.model_type,
            inputs: InputEncoder::of(manifest).width(),
            hidden: manifest.setting("hidden_size")?,
            layers: manifest.setting("num_layers")?,
            answers: manifest.output_rows * manifest.targets.len(),
        })
    }

    /// Name and shape of every tensor; those of the cells come first, in the order that libtorch wants them.
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let gates = if self.family == Family::Gru { 3 } else { 4 };
        let rows = gates * self.hidden;
        let mut tensors = Vec::with_capacity(4 * self.layers + 2);
        for layer in 0..self.layers {
            let inputs = if layer == 0 { self.inputs } else { self.hidden };
            tensors.push((format!("rnn.weight_ih_l{layer}"), vec![rows, inputs]));
            tensors.push((format!("rnn.weight_hh_l{layer}"), vec![rows, self.hidden]));
            tensors.push((format!("rnn.bias_ih_l{layer}"), vec![rows]));
            tensors.push((format!("rnn.bias_hh_l{layer}"), vec![rows]));
        }
        tensors.push(("head.weight".into(), vec![self.answers, self.hidden]));
        tensors.push(("head.bias".into(), vec![self.answers]));
        tensors
    }
}

/// A net; its tensors belong to one thread.
pub(super) struct Net {
    sizes: Sizes,
    /// The cells' tensors in libtorch's order.
    cells: Vec<Tensor>,
    head_weight: Tensor,
    head_bias: Tensor,
}

impl Net {
    /// A net for training: every tensor uniform in +-1/sqrt(hidden), from a generator of its own.
    ///
    /// libtorch's generator is global, so that two trainings in one process would disturb each other.
    pub(super) fn random(sizes: Sizes, store: &VarStore, seed: u64) -> Result<Net, ModelError> {
        let mut random = StdRng::seed_from_u64(seed);
        let bound = 1.0 / (sizes.hidden as f64).sqrt();
        let mut tensors = Vec::new();
        for (name, shape) in sizes.tensors() {
            let count: usize = shape.iter().product();
            let values: Vec<f32> = (0..count).map(|_| random.random_range(-bound..bound) as f32).collect();
            let initial = to_tensor(&values, &shape)?;
            // a variable store reserves dots for paths
            let variable = name.replace('.', "|");
            let mut tensor = store.root().f_var(&variable, initial.size().as_slice(), Init::Const(0.0))?;
            tch::no_grad(|| tensor.f_copy_(&initial))?;
            tensors.push(tensor);
        }
        Net::from_tensors(sizes, tensors)
    }

    /// A net for serving, from stored tensors.
    fn load(sizes: Sizes, weights: &mut Weights) -> Result<Net, ModelError> {
        let mut tensors = Vec::new();
        for (name, shape) in sizes.tensors() {
            let values = weights.take(&name, &shape)?;
            let values: Vec<f32> = values.into_iter().map(|value| value as f32).collect();
            tensors.push(to_tensor(&values, &shape)?);
        }
        Net::from_tensors(sizes, tensors)
    }

    fn from_tensors(sizes: Sizes, mut tensors: Vec<Tensor>) -> Result<Net, ModelError> {
        let (Some(head_bias), Some(head_weight)) = (tensors.pop(), tensors.pop()) else {
            return Err(ModelError::Artifact("the head is missing".into()));
        };
        Ok(Net { sizes, cells: tensors, head_weight, head_bias })
    }

    /// Standardised answers, windows x answers, for inputs of windows x rows x width.
    pub(super) fn forward(&self, inputs: &Tensor) -> Result<Tensor, ModelError> {
        let windows = inputs.size()[0];
        let (layers, hidden) = (self.sizes.layers as i64, self.sizes.hidden as i64);
        let zeros = Tensor::f_zeros([layers, windows, hidden], (Kind::Float, Device::Cpu))?;
        let states = match self.sizes.family {
            Family::Gru => {
                let (_, states) = inputs.f_gru(&zeros, &self.cells, true, layers, 0.0, false, false, true)?;
                states
            }
            _ => {
                let start = [zeros.shallow_clone(), zeros];
                let (_, states, _) = inputs.f_lstm(&start, &self.cells, true, layers, 0.0, false, false, true)?;
                states
            }
        };
        let top = states.f_select(0, layers - 1)?;
        Ok(top.f_linear(&self.head_weight, Some(&self.head_bias))?)
    }

    /// The tensors by name.
    fn export(&self, weights: &mut Weights) -> Result<(), ModelError> {
        let head = [&self.head_weight, &self.head_bias];
        for ((name, shape), tensor) in self.sizes.tensors().iter().zip(self.cells.iter().chain(head)) {
            let flat = tensor.f_detach()?.f_to_kind(Kind::Double)?.f_reshape([-1])?;
            weights.insert(name, Precision::Single, shape, Vec::<f64>::try_from(flat)?);
        }
        Ok(())
    }
}

/// Trains a net on every window of the train part, by the fixed schedule.
pub fn fit(
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    on_progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Artifact, ModelError> {
    let mut manifest = Manifest::new(family, data, settings, lineage)?;
    let step_ms = manifest.step_ms;
    let (input_rows, output_rows) = (settings.input_rows, settings.output_rows);
    let origins = train_origins(data, step_ms, input_rows, output_rows)?;
    for column in &data.measured {
        let values = target_values(data, column)?;
        manifest.inputs.push(ColumnTransform::fit(column, values));
    }
    for target in &data.targets {
        let values = target_values(data, target)?;
        manifest.outputs.push(TargetTransform::fit(target, Link::Sqrt, values));
    }
    manifest.blend = Some(Blend::fit(data, step_ms, input_rows, output_rows)?);

    let rows = training::Rows::of(&manifest, data)?;
    let trained = training::run(Sizes::of(&manifest)?, &rows, &origins, settings, on_progress)?;
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

struct Recurrent {
    manifest: Manifest,
    encoder: InputEncoder,
    net: Net,
    blend: Blend,
    /// output_rows x targets x bins, row-major.
    residuals: Vec<f64>,
}

/// A forecaster of what a manifest and its tensors describe.
pub fn load(manifest: &Manifest, mut weights: Weights) -> Result<Box<dyn Forecaster>, ModelError> {
    let blend = manifest.blend.clone().ok_or_else(|| ModelError::Artifact("the seasonal blend is missing".into()))?;
    let net = Net::load(Sizes::of(manifest)?, &mut weights)?;
    let shape = [manifest.output_rows, manifest.targets.len(), RESIDUAL_BINS];
    let residuals = weights.take("residuals", &shape)?;
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
            self.blend.extend(&self.manifest, context, horizon, &mut forecast);
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

/// A tensor of f32 with this shape.
pub(super) fn to_tensor(values: &[f32], shape: &[usize]) -> Result<Tensor, ModelError> {
    let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    Ok(Tensor::f_from_slice(values)?.f_view(shape.as_slice())?)
}
