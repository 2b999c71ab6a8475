//! Seasonal naive: the value of the same time yesterday, day after day.

use crate::forecast::model::{
    Artifact, Context, Family, Forecast, Forecaster, Lineage, Manifest, ModelError, Precision, TrainSettings,
    TrainingData, Weights, check_contexts,
};

const DAY_MS: i64 = 86_400_000;

struct SeasonalNaive {
    manifest: Manifest,
}

/// Nothing is learned, but a day must be a whole number of steps and the train part must hold two of them.
pub fn fit(data: &TrainingData, settings: &TrainSettings, lineage: Lineage) -> Result<Artifact, ModelError> {
    let mut manifest = Manifest::new(Family::SeasonalNaive, data, settings, lineage)?;
    let step_ms = manifest.step_ms;
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
    manifest.input_rows = rows_per_day;
    manifest.output_rows = rows_per_day;
    manifest.calendar_inputs.clear();
    manifest.seal(&nothing_learned())
}

/// A forecaster of what a manifest describes.
pub fn load(manifest: &Manifest) -> Result<Box<dyn Forecaster>, ModelError> {
    Ok(Box::new(SeasonalNaive { manifest: manifest.clone() }))
}

impl Forecaster for SeasonalNaive {
    fn forecast(&self, contexts: &[Context], horizon: usize) -> Result<Vec<Forecast>, ModelError> {
        check_contexts(&self.manifest, contexts, horizon)?;
        Ok(last_rows_again(&self.manifest, contexts, horizon))
    }
}

/// The targets of the whole context over and over; contexts must have been checked.
pub fn last_rows_again(manifest: &Manifest, contexts: &[Context], horizon: usize) -> Vec<Forecast> {
    let width = manifest.columns.len();
    let places = manifest.target_places();
    let repeat = |context: &Context| {
        let rows = (0..horizon).map(|step| step % manifest.input_rows);
        rows.flat_map(|row| places.iter().map(move |place| row * width + place))
            .map(|cell| context.values[cell])
            .collect()
    };
    contexts.iter().map(repeat).collect()
}

/// The tensors of a family that learns none: one zero, because every artifact has a tensor file.
pub fn nothing_learned() -> Weights {
    let mut weights = Weights::default();
    weights.insert("nothing_learned", Precision::Single, &[1], vec![0.0]);
    weights
}
