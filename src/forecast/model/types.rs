//! What every family of models is: trained with [`TrainSettings`] on [`TrainingData`], served as a [`Forecaster`].

use crate::forecast::data::{CALENDAR_COLUMNS, DAYS_FOR_CALENDAR, Series};

/// Names of the calendar inputs that the train part is long enough for: time of day, then day of week, then day of year.
pub fn calendar_inputs(data: &TrainingData) -> Vec<String> {
    if !data.calendar {
        return Vec::new();
    }
    let times_ms = &data.train.times_ms;
    let span_ms = match (times_ms.first(), times_ms.last()) {
        (Some(first), Some(last)) => last - first,
        _ => 0,
    };
    let allowed = DAYS_FOR_CALENDAR.iter().find(|(days, _)| span_ms >= days * 86_400_000);
    let count = allowed.map_or(0, |(_, count)| *count);
    let names = CALENDAR_COLUMNS.iter().take(count);
    names.map(|name| (*name).to_owned()).collect()
}

use std::collections::BTreeMap;

use super::family::Family;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Name of the one tensor file of an artifact.
pub const WEIGHTS_FILE: &str = "weights.safetensors";

/// Where a model comes from: the names that travel with it into every answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lineage {
    /// The training run; empty until the training is over, for it follows from what came out.
    pub run_id: String,
    /// The series (or site) that the model is about.
    pub identifier: String,
    /// Hash of the preprocessing configuration.
    pub config_hash: String,
    /// Hash of identifier, configuration and data bytes.
    pub dataset_id: String,
    /// Hash of the canonical training settings.
    pub train_hash: String,
}

/// How a family is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSettings {
    /// Rows of context that a forecast needs.
    pub input_rows: usize,
    /// Steps ahead that the direct head answers at once.
    pub output_rows: usize,
    /// Width of a recurrent layer.
    pub hidden_size: usize,
    /// Number of recurrent layers.
    pub num_layers: usize,
    /// Windows in one optimiser step.
    pub batch_size: usize,
    /// Optimiser steps in all; without it, and without `epochs`, the built-in schedule.
    pub max_steps: Option<usize>,
    /// Passes over the train windows; `max_steps` wins over it.
    pub epochs: Option<usize>,
    /// Highest learning rate of the schedule.
    pub learning_rate: f64,
    /// Seed of the initial weights and of the order of windows.
    pub seed: u64,
    /// Threads for tensor operations; no part of what a model is.
    pub threads: usize,
}

impl Default for TrainSettings {
    fn default() -> Self {
        TrainSettings {
            input_rows: 30,
            output_rows: 30,
            hidden_size: 64,
            num_layers: 1,
            batch_size: 64,
            max_steps: None,
            epochs: None,
            learning_rate: 2e-3,
            seed: 42,
            threads: 1,
        }
    }
}

impl TrainSettings {
    /// The settings that decide what a family learns: what `train_hash` hashes. `threads` is not in it.
    pub fn canonical(&self, family: Family) -> serde_json::Value {
        let recipe = format!("{}/1", family.as_str().to_lowercase());
        match family {
            Family::Gru | Family::Lstm => json!({
                "model_type": family.as_str(),
                "recipe": recipe,
                "input_rows": self.input_rows,
                "output_rows": self.output_rows,
                "hidden_size": self.hidden_size,
                "num_layers": self.num_layers,
                "batch_size": self.batch_size,
                "max_steps": self.max_steps,
                "epochs": self.epochs,
                "learning_rate": self.learning_rate,
                "seed": self.seed,
            }),
            Family::Ridge => json!({
                "model_type": family.as_str(),
                "recipe": recipe,
                "input_rows": self.input_rows,
                "output_rows": self.output_rows,
            }),
            Family::Persistence | Family::SeasonalNaive => json!({
                "model_type": family.as_str(),
                "recipe": recipe,
            }),
        }
    }

    /// Every setting that no training can use, as one sentence each.
    pub fn problems(&self) -> Vec<String> {
        let at_least_one = [
            ("INPUT_SEQ_LEN", self.input_rows, 10_000),
            ("OUTPUT_SEQ_LEN", self.output_rows, 10_000),
            ("HIDDEN_SIZE", self.hidden_size, 4_096),
            ("NUM_LAYERS", self.num_layers, 16),
            ("BATCH_SIZE", self.batch_size, 65_536),
            ("training threads", self.threads, 1_024),
            ("MAX_STEPS", self.max_steps.unwrap_or(1), 100_000_000),
            ("EPOCHS", self.epochs.unwrap_or(1), 1_000_000),
        ];
        let mut problems: Vec<String> = at_least_one
            .into_iter()
            .filter(|(_, value, most)| !(1..=*most).contains(value))
            .map(|(name, value, most)| format!("{name} is {value}, use 1 to {most}"))
            .collect();
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            problems.push(format!("LEARNING_RATE is {}, use a number above 0 and at most 1", self.learning_rate));
        }
        problems
    }
}

/// What a model learns from.
#[derive(Clone, Debug)]
pub struct TrainingData {
    /// Prepared train rows in original units, without NaN; calendar columns may be among them.
    pub train: Series,
    /// Names of the measured columns, in the order that a request's rows are read in.
    pub measured: Vec<String>,
    /// Names of the columns to forecast, each of them measured.
    pub targets: Vec<String>,
    /// Train mean per measured column, for cells that nothing came before.
    pub means: BTreeMap<String, f64>,
    /// Whether calendar features are inputs too.
    pub calendar: bool,
}

impl TrainingData {
    /// Values of a column in the train rows.
    pub(crate) fn column(&self, name: &str) -> Result<&[f64], ModelError> {
        match self.train.column(name) {
            Some(column) => Ok(&column.values),
            None => Err(ModelError::Data(format!("the train rows have no column {name:?}"))),
        }
    }
}

/// The rows that one forecast starts from.
#[derive(Clone, Debug, PartialEq)]
pub struct Context {
    /// Time of the last row, in epoch milliseconds.
    pub last_ms: i64,
    /// `input_rows` x columns, row-major, original units, no NaN.
    pub values: Vec<f64>,
}

/// How the contexts of a model are laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextShape {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Time between rows in milliseconds.
    pub step_ms: i64,
    /// Places of the targets among the columns.
    pub target_places: Vec<usize>,
}

/// `horizon` x targets, row-major, original units; the first row is one step after the context's last.
pub type Forecast = Vec<f64>;

/// A loaded model, owned by one thread.
pub trait Forecaster: Send {
    /// Forecasts `horizon` rows after each context; the answers are in the contexts' order.
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError>;
}

/// Why a model could not be trained, loaded or asked.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Whoever watched the training asked it to stop.
    #[error("the training was cancelled")]
    Cancelled,
    /// A training setting that cannot be used.
    #[error("training settings: {0}")]
    Settings(String),
    /// The train rows do not allow this family.
    #[error("{0}")]
    Data(String),
    /// A manifest or its weights are damaged or do not fit each other.
    #[error("artifact: {0}")]
    Artifact(String),
    /// What an earlier attempt at a training left cannot be gone on with.
    #[error("checkpoint: {0}")]
    Checkpoint(String),
    /// The rows or the horizon of a forecast do not fit the model.
    #[error("{0}")]
    Context(String),
    /// The training ended with numbers that cannot be served.
    #[error("the training diverged: {0}")]
    Diverged(String),
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}
