//! The manifest: everything about a model that is not a tensor, as one JSON document.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::forecast::data::{CALENDAR_COLUMNS, Steps, TimeAxis, TimeForm, TimeWriter, run_id, sha256_hex};
use crate::limits::{DATA_COLUMNS, LimitExceeded, MODEL_CELLS, MODEL_ROWS};

use super::error::ModelError;
use super::family::Family;
use super::forecaster::ContextShape;
use super::lineage::Lineage;
use super::min_max::MinMax;
use super::scaling::{ColumnTransform, Link, TargetTransform};
use super::seasons::Blend;
use super::train_settings::TrainSettings;
use super::training_data::{TrainingData, calendar_inputs};
use super::weights::Weights;

/// Version of the manifest format.
pub const MANIFEST_VERSION: u32 = 1;

/// Name of the one tensor file of an artifact.
pub const WEIGHTS_FILE: &str = "weights.safetensors";

/// What a model is, what it needs and what its numbers mean.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Format version, [`MANIFEST_VERSION`].
    pub v: u32,
    /// Version of the program that wrote it.
    pub version: String,
    /// The family.
    pub model_type: Family,
    /// Run, data set and settings that it comes from.
    #[serde(flatten)]
    pub lineage: Lineage,
    /// Measured columns in order: what a request must hold.
    pub columns: Vec<String>,
    /// Columns that are forecast, each of them measured.
    pub targets: Vec<String>,
    /// Unit of rows and forecasts.
    pub units: String,
    /// Time between rows in milliseconds; the commonest one where steps differ.
    pub step_ms: i64,
    /// Whether the train rows had naive or UTC times.
    pub time_form: TimeForm,
    /// Steps of the calendar, the local clock, and how the train rows wrote their times, where that is not plain.
    #[serde(default, skip_serializing_if = "TimeAxis::is_plain")]
    pub time_axis: TimeAxis,
    /// Rows of context that a forecast needs.
    pub input_rows: usize,
    /// Steps ahead that the head answers directly.
    pub output_rows: usize,
    /// Whether calendar features computed from the time are inputs.
    pub calendar: bool,
    /// The calendar features that are inputs, behind the columns: the first few of the calendar columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendar_inputs: Vec<String>,
    /// Train mean per measured column, for cells that nothing came before.
    pub means: BTreeMap<String, f64>,
    /// Train minimum and maximum per target: the scale that scores are measured on.
    pub score_scale: BTreeMap<String, MinMax>,
    /// How each measured column becomes an input, in the order of `columns`; empty for families that read raw rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<ColumnTransform>,
    /// How each target is learned, in the order of `targets`; empty for families that copy rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<TargetTransform>,
    /// Rows of the context that the ridge looks at, counted from its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lag_rows: Option<usize>,
    /// Most rows of a request that a forecast uses, where more than `input_rows` make it better.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_rows: Option<usize>,
    /// What a classical family learned, a document per target in the order of `targets`; its lists of numbers are tensors.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<serde_json::Value>,
    /// The forecast beyond `output_rows`; families that copy rows need none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blend: Option<Blend>,
    /// The canonical training settings.
    pub settings: serde_json::Value,
    /// SHA-256 per file of the artifact.
    pub files: BTreeMap<String, String>,
}

/// A trained model as it is stored.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// What the model is and needs; names the hash of the weights.
    pub manifest: Manifest,
    /// The tensors, in safetensors format.
    pub weights: Vec<u8>,
}

impl Artifact {
    /// Names the run by its content: the manifest without a run id, which holds data, settings and the hash of the weights.
    ///
    /// The same training done again, after a crash or by another trainer, gives the same id and the same bytes.
    pub fn named_by_content(mut self) -> Artifact {
        self.manifest.lineage.run_id.clear();
        self.manifest.lineage.run_id = run_id(&self.manifest.to_json());
        self
    }
}

impl Manifest {
    /// A manifest with what every family shares; transforms and blend are still empty.
    pub(crate) fn new(
        family: Family,
        data: &TrainingData,
        settings: &TrainSettings,
        lineage: Lineage,
    ) -> Result<Manifest, ModelError> {
        let step_ms = data.train.step_ms().unwrap_or(0);
        let mut score_scale = BTreeMap::new();
        for target in &data.targets {
            if let Some(scale) = MinMax::fit(data.column(target)?) {
                score_scale.insert(target.clone(), scale);
            }
        }
        Ok(Manifest {
            v: MANIFEST_VERSION,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            model_type: family,
            lineage,
            columns: data.measured.clone(),
            targets: data.targets.clone(),
            units: "the columns' own".to_owned(),
            step_ms,
            time_form: data.train.form,
            time_axis: data.train.axis.clone(),
            input_rows: settings.input_rows,
            output_rows: settings.output_rows,
            calendar: data.calendar,
            calendar_inputs: calendar_inputs(data),
            means: data.means.clone(),
            score_scale,
            inputs: Vec::new(),
            outputs: Vec::new(),
            lag_rows: None,
            context_rows: None,
            documents: Vec::new(),
            blend: None,
            settings: settings.canonical(family),
            files: BTreeMap::new(),
        })
    }

    /// A manifest of a learned family: standardised inputs, targets in the space that `link` picks for their train values, and the
    /// blend beyond the head.
    pub(crate) fn learned(
        family: Family,
        data: &TrainingData,
        settings: &TrainSettings,
        lineage: Lineage,
        link: impl Fn(&[f64]) -> Link,
    ) -> Result<Manifest, ModelError> {
        let mut manifest = Manifest::new(family, data, settings, lineage)?;
        for column in &data.measured {
            manifest.inputs.push(ColumnTransform::fit(column, data.column(column)?));
        }
        for target in &data.targets {
            let values = data.column(target)?;
            manifest.outputs.push(TargetTransform::fit(target, link(values), values));
        }
        manifest.blend = Some(Blend::fit(data, &manifest.steps(), settings.input_rows, settings.output_rows)?);
        Ok(manifest)
    }

    /// Seals manifest and tensors into an artifact; refuses tensors with NaN or infinity.
    pub(crate) fn seal(mut self, weights: &Weights) -> Result<Artifact, ModelError> {
        let weights = weights.encode()?;
        self.files.insert(WEIGHTS_FILE.to_owned(), sha256_hex(&weights));
        self.check()?;
        Ok(Artifact { manifest: self, weights })
    }

    /// The bytes that are stored and hashed: one line of JSON, the same for the same manifest.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("invariant: a manifest has string keys and plain numbers")
    }

    /// Reads the stored bytes and checks that the parts fit each other.
    pub fn from_json(bytes: &[u8]) -> Result<Manifest, ModelError> {
        let manifest: Manifest =
            serde_json::from_slice(bytes).map_err(|error| broken(format!("the manifest cannot be read: {error}")))?;
        manifest.check()?;
        Ok(manifest)
    }

    /// Places of the targets among the columns, in the order of `targets`.
    pub fn target_places(&self) -> Vec<usize> {
        let place = |target| self.columns.iter().position(|column| column == target);
        self.targets.iter().filter_map(place).collect()
    }

    /// Most rows of a context; it has `input_rows` at least.
    pub fn context_rows(&self) -> usize {
        self.context_rows.unwrap_or(self.input_rows).max(self.input_rows)
    }

    /// The memory of one context.
    pub fn context_bytes(&self) -> usize {
        self.context_rows().saturating_mul(self.columns.len()).saturating_mul(size_of::<f64>())
    }

    /// From row to row.
    pub fn steps(&self) -> Steps {
        Steps::new(self.step_ms, &self.time_axis)
    }

    /// Writes times as the train rows did.
    pub fn writer(&self) -> TimeWriter {
        TimeWriter::of(self.time_form, &self.time_axis)
    }

    /// How the contexts of this model are laid out.
    pub fn context_shape(&self) -> ContextShape {
        ContextShape {
            rows: self.input_rows,
            columns: self.columns.len(),
            steps: self.steps(),
            target_places: self.target_places(),
        }
    }

    /// A whole number of the canonical settings, such as `hidden_size`.
    pub(crate) fn setting(&self, name: &str) -> Result<usize, ModelError> {
        self.settings
            .get(name)
            .and_then(serde_json::Value::as_u64)
            .and_then(|value| usize::try_from(value).ok())
            .filter(|value| (1..=65_536).contains(value))
            .ok_or_else(|| broken(format!("settings.{name} is missing or out of range")))
    }

    /// Whether the parts fit each other; the first that does not is named.
    fn check(&self) -> Result<(), ModelError> {
        if self.v != MANIFEST_VERSION {
            return Err(broken(format!(
                "manifest version {} is not {MANIFEST_VERSION}, serve it with the program that wrote it",
                self.v
            )));
        }
        if self.columns.is_empty() || self.targets.is_empty() {
            return Err(broken("no columns or no targets".into()));
        }
        if self.target_places().len() != self.targets.len() {
            return Err(broken("a target is not among the columns".into()));
        }
        if self.step_ms <= 0 {
            return Err(broken(format!("step_ms is {}", self.step_ms)));
        }
        if !self.time_axis.is_sound() {
            return Err(broken("the steps of time_axis are out of range".into()));
        }
        self.check_sizes().map_err(|error| broken(format!("a size is out of range: {error}")))?;
        if self.input_rows == 0 || self.output_rows == 0 {
            return Err(broken(format!(
                "input_rows {} or output_rows {} is out of range",
                self.input_rows, self.output_rows
            )));
        }
        self.check_transforms()
    }

    /// Whether a thread can hold what the model reads and answers.
    fn check_sizes(&self) -> Result<(), LimitExceeded> {
        DATA_COLUMNS.check(self.columns.len())?;
        for (rows, columns) in [(self.context_rows(), self.columns.len()), (self.output_rows, self.targets.len())] {
            MODEL_ROWS.check(rows)?;
            MODEL_CELLS.check_product(rows, columns)?;
        }
        Ok(())
    }

    fn check_transforms(&self) -> Result<(), ModelError> {
        if !self.model_type.traits().learned {
            return Ok(());
        }
        if self.inputs.len() != self.columns.len() || self.outputs.len() != self.targets.len() {
            return Err(broken("transforms and columns differ in number".into()));
        }
        let sound =
            self.inputs.iter().all(ColumnTransform::is_sound) && self.outputs.iter().all(TargetTransform::is_sound);
        if !sound {
            return Err(broken("a transform has a scale that is not above zero".into()));
        }
        let expected = CALENDAR_COLUMNS.iter().take(self.calendar_inputs.len());
        if !expected.eq(&self.calendar_inputs) {
            return Err(broken("calendar_inputs do not start the calendar columns in order".into()));
        }
        match &self.blend {
            Some(blend) if blend.is_sound(self.targets.len()) => Ok(()),
            _ => Err(broken("the seasonal blend is missing or damaged".into())),
        }
    }
}

fn broken(what: String) -> ModelError {
    ModelError::Artifact(what)
}
