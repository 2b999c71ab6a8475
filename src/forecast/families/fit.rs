//! Training any family: the one place that chooses among them.

use crate::forecast::families::recurrent::forecaster;
use crate::forecast::model::{
    Artifact, Family, Lineage, ModelError, Progress, TrainSettings, TrainSignal, TrainingData,
};

use super::{persistence, ridge, seasonal_naive};

/// Trains one family and answers with its artifact; `progress` hears how far it is and may end it with [`TrainSignal::Stop`].
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
    let artifact = with_threads(settings.threads, || fit_family(family, data, settings, lineage, progress))?;
    if progress.report(1.0) == TrainSignal::Stop {
        return Err(ModelError::Cancelled);
    }
    Ok(artifact)
}

fn fit_family(
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    progress: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    match family {
        Family::Gru | Family::Lstm => forecaster::fit(family, data, settings, lineage, progress),
        Family::Ridge => ridge::fit(data, settings, lineage),
        Family::Persistence => persistence::fit(data, settings, lineage),
        Family::SeasonalNaive => seasonal_naive::fit(data, settings, lineage),
    }
}

/// Sums come out the same bits only on the same number of threads; libtorch keeps that number per calling thread.
fn with_threads<T>(threads: usize, work: impl FnOnce() -> T) -> T {
    let before = tch::get_num_threads();
    tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
    let done = work();
    tch::set_num_threads(before);
    done
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
