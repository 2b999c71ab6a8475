//! Training any family: what is the same for all of them, around the code of the family's row.

use crate::forecast::model::{
    Artifact, Family, Lineage, ModelError, Progress, TrainSettings, TrainSignal, TrainingData,
};

use super::table;
use super::torch_threads::with_torch_threads;

/// Trains one family and answers with its artifact; `progress` is called with the share that is done, and ends the training with
/// [`TrainSignal::Stop`].
pub fn fit(
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    progress: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    check(data, settings)?;
    if progress.report(0.0) == TrainSignal::Stop {
        return Err(ModelError::Cancelled);
    }
    let fit = table::row(family).fit;
    let artifact = with_torch_threads(settings.threads, || fit(family, data, settings, lineage, progress))?;
    if progress.report(1.0) == TrainSignal::Stop {
        return Err(ModelError::Cancelled);
    }
    Ok(artifact)
}

/// Refuses settings and data that no family can be trained with.
fn check(data: &TrainingData, settings: &TrainSettings) -> Result<(), ModelError> {
    let problems = settings.problems();
    if !problems.is_empty() {
        return Err(ModelError::Settings(problems.join("; ")));
    }
    if data.targets.is_empty() {
        return Err(ModelError::Data("no target column, name at least one".into()));
    }
    for name in &data.measured {
        let Some(column) = data.train.column(name) else {
            return Err(ModelError::Data(format!("the train rows have no column {name:?}")));
        };
        if let Some(row) = column.values.iter().position(|value| !value.is_finite()) {
            return Err(ModelError::Data(format!("column {name:?} has no number in train row {row}, impute it first")));
        }
    }
    for target in &data.targets {
        if !data.measured.contains(target) {
            return Err(ModelError::Data(format!("target {target:?} is not a measured column")));
        }
    }
    if data.train.step_ms().is_none_or(|step_ms| step_ms <= 0) {
        return Err(ModelError::Data("the train rows have no regular step, give at least two rows".into()));
    }
    Ok(())
}
