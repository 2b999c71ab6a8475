//! The recurrent net on tch: its cell, its sizes, its tensors, its forward pass.
//!
//! Cells are PyTorch's (gates r, z, n and i, f, g, o, two bias vectors, zero initial state); a linear head on the last
//! row's state answers every step and target at once.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tch::{Device, Kind, Tensor};

use crate::forecast::model::{InputEncoder, Manifest, ModelError, Precision, Weights};

/// The kind of a net's cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CellKind {
    /// Gated recurrent unit: three gates.
    Gru,
    /// Long short-term memory: four gates.
    Lstm,
}

/// Sizes of a net.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// GRU or LSTM.
    pub cell: CellKind,
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
    /// The sizes that a manifest asks for.
    pub(super) fn of(cell: CellKind, manifest: &Manifest) -> Result<Sizes, ModelError> {
        Ok(Sizes {
            cell,
            inputs: InputEncoder::of(manifest).width(),
            hidden: manifest.setting("hidden_size")?,
            layers: manifest.setting("num_layers")?,
            answers: manifest.output_rows * manifest.targets.len(),
        })
    }

    /// Name and shape of every tensor; those of the cells come first, in the order that libtorch wants them.
    fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let gates = match self.cell {
            CellKind::Gru => 3,
            CellKind::Lstm => 4,
        };
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
    pub(super) fn random(sizes: Sizes, seed: u64) -> Result<Net, ModelError> {
        let mut random = StdRng::seed_from_u64(seed);
        let bound = 1.0 / (sizes.hidden as f64).sqrt();
        let mut tensors = Vec::new();
        for (_, shape) in sizes.tensors() {
            let count: usize = shape.iter().product();
            let values: Vec<f32> = (0..count).map(|_| random.random_range(-bound..bound) as f32).collect();
            tensors.push(to_tensor(&values, &shape)?);
        }
        Net::from_tensors(sizes, tensors)
    }

    /// A net from stored tensors.
    pub(super) fn load(sizes: Sizes, weights: &mut Weights) -> Result<Net, ModelError> {
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

    /// The tensors, asked to have gradients from now on; the head's come last.
    pub(super) fn parameters(&self) -> Result<Vec<Tensor>, ModelError> {
        let tensors = self.cells.iter().chain([&self.head_weight, &self.head_bias]);
        Ok(tensors.map(|tensor| tensor.f_set_requires_grad(true)).collect::<Result<_, _>>()?)
    }

    /// Standardised answers, windows x answers, for inputs of windows x rows x width.
    pub(super) fn forward(&self, inputs: &Tensor) -> Result<Tensor, ModelError> {
        let windows = inputs.size()[0];
        let (layers, hidden) = (self.sizes.layers as i64, self.sizes.hidden as i64);
        let zeros = Tensor::f_zeros([layers, windows, hidden], (Kind::Float, Device::Cpu))?;
        let states = match self.sizes.cell {
            CellKind::Gru => {
                let (_, states) = inputs.f_gru(&zeros, &self.cells, true, layers, 0.0, false, false, true)?;
                states
            }
            CellKind::Lstm => {
                let start = [zeros.shallow_clone(), zeros];
                let (_, states, _) = inputs.f_lstm(&start, &self.cells, true, layers, 0.0, false, false, true)?;
                states
            }
        };
        let top = states.f_select(0, layers - 1)?;
        Ok(top.f_linear(&self.head_weight, Some(&self.head_bias))?)
    }

    /// The tensors by name.
    pub(super) fn export(&self, weights: &mut Weights) -> Result<(), ModelError> {
        let head = [&self.head_weight, &self.head_bias];
        for ((name, shape), tensor) in self.sizes.tensors().iter().zip(self.cells.iter().chain(head)) {
            let flat = tensor.f_detach()?.f_to_kind(Kind::Double)?.f_reshape([-1])?;
            weights.insert(name, Precision::Single, shape, Vec::<f64>::try_from(flat)?);
        }
        Ok(())
    }
}

/// A tensor of f32 with this shape.
pub(super) fn to_tensor(values: &[f32], shape: &[usize]) -> Result<Tensor, ModelError> {
    let shape: Vec<i64> = shape.iter().map(|size| *size as i64).collect();
    Ok(Tensor::f_from_slice(values)?.f_view(shape.as_slice())?)
}
