//! What a model is: what it is trained on and with, its manifest and its tensors, what it is asked and answers.
//!
//! * `encoder`: the numbers that a learned family sees of its rows, and the rows that it refuses
//! * `error`: why a model could not be trained, loaded or asked
//! * `family`: a family of models: its name, and what the rest of the program must know about it
//! * `forecaster`: what a model is asked, and what it answers
//! * `lineage`: where a model comes from
//! * `manifest`: everything about a model that is not a tensor, as one JSON document
//! * `min_max`: the min-max scale that scores are measured on
//! * `progress`: who watches a training, stops it, and keeps its checkpoints
//! * `scaling`: from columns to standardised inputs and targets, and from forecasts back to original units
//! * `seasons`: the forecast beyond the head: seasonal profile, fading level, smooth seam
//! * `standing`: how a model came to be served
//! * `train_settings`: how a family is trained, and which of that enters its `train_hash`
//! * `training_data`: what a model learns from, and which columns it forecasts
//! * `weights`: named tensors in memory, and their safetensors bytes
//! * `windows`: where windows may lie in the rows: never across a gap

mod encoder;
mod error;
mod family;
mod forecaster;
mod lineage;
mod manifest;
mod min_max;
mod progress;
mod scaling;
mod seasons;
mod standing;
mod train_settings;
mod training_data;
mod weights;
mod windows;

pub use encoder::{InputEncoder, check_contexts};
pub use error::ModelError;
pub use family::{Family, FamilyTraits, FittedBy};
pub use forecaster::{Context, ContextShape, Forecast, Forecaster};
pub use lineage::Lineage;
pub use manifest::{Artifact, MANIFEST_VERSION, Manifest, WEIGHTS_FILE};
pub use min_max::MinMax;
pub use progress::{Progress, TrainSignal};
pub use scaling::{ColumnTransform, InputKind, Link, RESIDUAL_BINS, TargetTransform, is_heavy_tailed, residual_bins};
pub use seasons::Blend;
pub use standing::Standing;
pub use train_settings::TrainSettings;
pub use training_data::{TrainingData, chosen_targets};
pub use weights::{Precision, Weights, check_header};
pub use windows::{thinned, train_origins};
