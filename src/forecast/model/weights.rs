//! Named tensors in memory, and their safetensors bytes.

use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::limits::WEIGHTS_HEADER;

use super::error::ModelError;

/// How the numbers of a tensor are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits, for the tensors of a net.
    Single,
    /// 64 bits, for coefficients and residuals.
    Double,
}

#[derive(Clone, Debug)]
struct StoredTensor {
    precision: Precision,
    shape: Vec<usize>,
    values: Vec<f64>,
}

/// Named tensors; values are held as f64, which keeps both precisions exactly.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    tensors: BTreeMap<String, StoredTensor>,
}

impl Weights {
    /// Adds a tensor; `values` is row-major.
    pub fn insert(&mut self, name: &str, precision: Precision, shape: &[usize], values: Vec<f64>) {
        let stored = StoredTensor { precision, shape: shape.to_vec(), values };
        self.tensors.insert(name.to_owned(), stored);
    }

    /// Takes a tensor out, row-major, if it has exactly this shape.
    pub fn take(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
        let stored = self.tensors.remove(name).ok_or_else(|| broken(format!("tensor {name:?} is missing")))?;
        if stored.shape != shape {
            return Err(broken(format!(
                "tensor {name:?} has shape {:?}, the manifest asks for {shape:?}",
                stored.shape
            )));
        }
        Ok(stored.values)
    }

    /// Refuses tensors that are left: they belong to no part of the model.
    pub fn finish(self) -> Result<(), ModelError> {
        match self.tensors.keys().next() {
            None => Ok(()),
            Some(name) => Err(broken(format!("tensor {name:?} belongs to no part of the model"))),
        }
    }

    /// The safetensors bytes; the same tensors give the same bytes.
    pub fn encode(&self) -> Result<Vec<u8>, ModelError> {
        self.bytes(None)
    }

    /// The same with entries of metadata.
    pub fn encode_with(&self, metadata: HashMap<String, String>) -> Result<Vec<u8>, ModelError> {
        self.bytes(Some(metadata))
    }

    fn bytes(&self, metadata: Option<HashMap<String, String>>) -> Result<Vec<u8>, ModelError> {
        let mut bytes: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for (name, stored) in &self.tensors {
            if !stored.values.iter().all(|value| value.is_finite()) {
                return Err(ModelError::Diverged(format!(
                    "tensor {name:?} has numbers that are not finite, look for absurd values in the train rows or lower LEARNING_RATE"
                )));
            }
            bytes.insert(name, to_bytes(stored));
        }
        let mut views = Vec::with_capacity(self.tensors.len());
        for (name, stored) in &self.tensors {
            let dtype = match stored.precision {
                Precision::Single => Dtype::F32,
                Precision::Double => Dtype::F64,
            };
            let view = TensorView::new(dtype, stored.shape.clone(), &bytes[name.as_str()])
                .map_err(|error| broken(format!("tensor {name:?}: {error}")))?;
            views.push((name.as_str(), view));
        }
        safetensors::serialize(views, metadata).map_err(|error| broken(error.to_string()))
    }

    /// Reads safetensors bytes; refuses other number types, NaN and infinity.
    pub fn decode(bytes: &[u8]) -> Result<Weights, ModelError> {
        check_header(bytes)?;
        let file =
            SafeTensors::deserialize(bytes).map_err(|error| broken(format!("the weights cannot be read: {error}")))?;
        let mut weights = Weights::default();
        for (name, view) in file.iter() {
            let (precision, values) = match view.dtype() {
                Dtype::F32 => (Precision::Single, singles(view.data())),
                Dtype::F64 => (Precision::Double, doubles(view.data())),
                other => {
                    return Err(broken(format!("tensor {name:?} holds {other:?}, use F32 or F64")));
                }
            };
            if !values.iter().all(|value| value.is_finite()) {
                return Err(broken(format!("tensor {name:?} has numbers that are not finite")));
            }
            weights.insert(name, precision, view.shape(), values);
        }
        Ok(weights)
    }
}

/// Refuses a list of tensors that takes more memory than the tensors; safetensors itself accepts 100 MB of it.
pub fn check_header(bytes: &[u8]) -> Result<(), ModelError> {
    let size = bytes.first_chunk::<8>().map_or(0, |size| u64::from_le_bytes(*size));
    WEIGHTS_HEADER.check(size).map_err(|error| broken(format!("the weights cannot be read: {error}")))
}

fn to_bytes(stored: &StoredTensor) -> Vec<u8> {
    let values = stored.values.iter();
    match stored.precision {
        Precision::Single => values.flat_map(|v| (*v as f32).to_le_bytes()).collect(),
        Precision::Double => values.flat_map(|v| v.to_le_bytes()).collect(),
    }
}

fn singles(bytes: &[u8]) -> Vec<f64> {
    let (chunks, _) = bytes.as_chunks::<4>();
    chunks.iter().map(|c| f64::from(f32::from_le_bytes(*c))).collect()
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
    let (chunks, _) = bytes.as_chunks::<8>();
    chunks.iter().map(|c| f64::from_le_bytes(*c)).collect()
}

fn broken(what: String) -> ModelError {
    ModelError::Artifact(what)
}
