//! What a model is: types, families, manifest, weights, scaling.
//!
//! * `encoder`: The numbers that a learned family sees of its rows, and the rows that it refuses
//! * `family`: The families of models, by name
//! * `manifest`: The manifest: everything about a model that is not a tensor, as one JSON document
//! * `min_max`: The min-max scale in which scores are told
//! * `progress`: Who watches a training: it hears how far that is, says whether it goes on, and keeps where it stands
//! * `scaling`: How columns become inputs and targets, and how a forecast finds back to original units
//! * `seasons`: What is forecast beyond the head: a season profile, the recent level fading into it, and a smooth seam
//! * `types`: What every family of models is: trained with [`TrainSettings`] on [`TrainingData`], served as a [`Forecaster`]
//! * `weights`: Named tensors in memory, and their safetensors bytes
//! * `windows`: Where windows may lie in the rows: never across a gap

mod encoder;
mod family;
mod manifest;
mod min_max;
mod progress;
mod scaling;
mod seasons;
mod types;
mod weights;
mod windows;

pub use encoder::{InputEncoder, check_contexts};
pub use family::Family;
pub use manifest::{Artifact, MANIFEST_VERSION, Manifest};
pub use min_max::MinMax;
pub use progress::{Progress, TrainSignal};
pub use scaling::{ColumnTransform, InputKind, Link, RESIDUAL_BINS, TargetTransform, is_heavy_tailed, residual_bins};
pub use seasons::Blend;
pub use types::{Context, Forecast, Forecaster, Lineage, ModelError, TrainSettings, TrainingData, WEIGHTS_FILE};
pub use weights::{Precision, Weights};
pub use windows::{thinned, train_origins};
