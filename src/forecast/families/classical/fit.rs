//! The fit of a classical family: one model per target.

use crate::forecast::classical::{
    self, BlendSettings, FitSettings, Method, MethodError, Model, ROWS_MAX, Rows, Signal, Work,
};
use crate::forecast::model::{
    Artifact, Family, Lineage, Manifest, ModelError, Progress, TrainSettings, TrainSignal, TrainingData, Weights,
};

use super::budget::HORIZON_MAX;
use super::document::store;
use super::train_rows::TrainRows;

/// The settings that decide what these families learn.
pub const SETTINGS: &[&str] = &["input_rows", "output_rows"];

/// What is fitted.
pub enum Choice {
    /// One method.
    One(Method),
    /// Seasonal naive with a season of so many rows.
    Season(usize),
    /// The best methods on rolling origins, weighted.
    Best(BlendSettings),
}

/// Fits a model per target, and answers with the artifact.
///
/// # Errors
/// [`ModelError::Data`] names the target that cannot be fitted and says why; [`ModelError::Cancelled`], [`ModelError::Diverged`].
pub fn fit(
    choice: Choice,
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    progress: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    let mut manifest = Manifest::new(family, data, settings, lineage)?;
    manifest.calendar_inputs.clear();
    manifest.context_rows = Some(ROWS_MAX.max(settings.input_rows));
    let train = TrainRows::of(&data.train, manifest.steps());
    let mut fit_settings = FitSettings { horizon: settings.output_rows.min(HORIZON_MAX), ..FitSettings::default() };
    let method = match choice {
        Choice::One(method) => Some(method),
        Choice::Season(rows) => {
            fit_settings.seasons = Some(vec![rows]);
            Some(Method::SeasonalNaive)
        }
        Choice::Best(blend) => {
            fit_settings.blend = blend;
            None
        }
    };
    let mut weights = Weights::default();
    for (place, target) in data.targets.iter().enumerate() {
        let rows = train.column(data.column(target)?);
        let done = place as f64 / data.targets.len() as f64;
        let model = fit_target(method, &rows, &fit_settings, done, progress)
            .map_err(|error| of_target(target, data.targets.len(), error))?;
        manifest.documents.push(store(&model, place, &mut weights)?);
    }
    manifest.seal(&weights)
}

/// Fits seasonal naive with a season of so many rows, or with the one that the rows have; nothing of the training settings enters it.
///
/// # Errors
/// As [`fit`].
pub fn fit_seasonal_naive(
    season_rows: Option<usize>,
    family: Family,
    data: &TrainingData,
    lineage: Lineage,
    progress: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    let choice = season_rows.map_or(Choice::One(Method::SeasonalNaive), Choice::Season);
    fit(choice, family, data, &TrainSettings::default(), lineage, progress)
}

fn fit_target(
    method: Option<Method>,
    rows: &Rows,
    settings: &FitSettings,
    done: f64,
    progress: &mut dyn Progress,
) -> Result<Model, MethodError> {
    let mut beat = || {
        progress.alive();
        match progress.report(done) {
            TrainSignal::Stop => Signal::Stop,
            TrainSignal::GoOn | TrainSignal::Checkpoint => Signal::GoOn,
        }
    };
    let mut work = Work::new(&mut beat);
    match method {
        Some(method) => classical::fit(method, rows, settings, &mut work),
        None => classical::fit_blended(rows, settings, &mut work),
    }
}

fn of_target(target: &str, targets: usize, error: MethodError) -> ModelError {
    match error {
        MethodError::Data(cause) if targets > 1 => ModelError::Data(format!("target {target:?}: {cause}")),
        error => error.into(),
    }
}

impl From<MethodError> for ModelError {
    fn from(error: MethodError) -> Self {
        match error {
            MethodError::Cancelled => ModelError::Cancelled,
            MethodError::Settings(cause) => ModelError::Settings(cause),
            MethodError::Data(cause) => ModelError::Data(cause),
            MethodError::Rows(cause) => ModelError::Context(cause),
            MethodError::Diverged(cause) => ModelError::Diverged(cause),
        }
    }
}
