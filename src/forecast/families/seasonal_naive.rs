//! Seasonal naive: the value of the same time yesterday, day after day; where rows are a day or more apart, the value a season ago, of
//! the season that the rows have.

use crate::forecast::model::{
    Artifact, Family, FamilyTraits, FittedBy, Forecaster, Lineage, Manifest, ModelError, Progress, TrainSettings,
    TrainingData, Weights,
};

use super::classical::{self, fit_seasonal_naive};
use super::copied_rows::{self, nothing_learned};
use super::row::FamilyRow;

const DAY_MS: i64 = 86_400_000;
/// The most rows of a day that a model keeps.
const SEASON_ROWS_MAX: usize = 1_000;

impl Family {
    /// Repeats the value of the same time yesterday, or of a season ago where rows are a day or more apart.
    pub const SEASONAL_NAIVE: Family = Family::new(&FamilyTraits {
        name: "SEASONAL_NAIVE",
        fitted_by: FittedBy::Round,
        naive: true,
        learned: false,
        recipe: 1,
        settings: &[],
    });
}

pub const ROW: FamilyRow = FamilyRow { family: Family::SEASONAL_NAIVE, fit, load };

fn load(manifest: &Manifest, weights: Weights) -> Result<Box<dyn Forecaster>, ModelError> {
    match manifest.documents.is_empty() {
        true => copied_rows::load(manifest, weights),
        false => classical::load(manifest, weights),
    }
}

/// From a day on, the season is found. Below, it is a day, which must be a whole number of steps, and the train part must hold two. A
/// model of short days keeps the last rows of the fit, so that few rows are enough for a request; a longer day must come with it.
fn fit(
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    lineage: Lineage,
    progress: &mut dyn Progress,
) -> Result<Artifact, ModelError> {
    let step_ms = data.train.step_ms().unwrap_or(0);
    if step_ms >= DAY_MS {
        match fit_seasonal_naive(None, family, data, lineage.clone(), progress) {
            // rows that have no week are compared with those of the day before
            Err(ModelError::Data(_)) if step_ms == DAY_MS => {}
            fitted => return fitted,
        }
    }
    let mut manifest = Manifest::new(family, data, settings, lineage)?;
    if DAY_MS % step_ms != 0 {
        return Err(ModelError::Data(format!(
            "a day is no whole number of steps of {step_ms} ms, so there is no same time yesterday"
        )));
    }
    let rows_per_day = (DAY_MS / step_ms) as usize;
    let span_ms = match (data.train.times_ms.first(), data.train.times_ms.last()) {
        (Some(first), Some(last)) => last - first + step_ms,
        _ => 0,
    };
    if span_ms < 2 * DAY_MS {
        return Err(ModelError::Data(format!(
            "the train part spans {:.1} hours, a daily season needs 48",
            span_ms as f64 / 3_600_000.0
        )));
    }
    if rows_per_day <= SEASON_ROWS_MAX {
        return fit_seasonal_naive(Some(rows_per_day), family, data, manifest.lineage, progress);
    }
    manifest.input_rows = rows_per_day;
    manifest.output_rows = rows_per_day;
    manifest.calendar_inputs.clear();
    manifest.seal(&nothing_learned())
}
