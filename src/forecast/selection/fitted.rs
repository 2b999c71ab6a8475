//! A family that was fitted, or the reason why it was not.

use std::time::{Duration, Instant};

use crate::forecast::evaluate::{Contestant, TestOrigins, measure_model};
use crate::forecast::families::{VerifiedModel, fit};
use crate::forecast::model::{Family, Lineage, ModelError, TrainSettings, TrainSignal, TrainingData};

use super::parts::Parts;

/// What became of a family.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The family.
    pub family: Family,
    /// How long its fit took.
    pub fit: Duration,
    /// Its run, or why it could not be fitted.
    pub outcome: Result<String, String>,
}

/// Fits a family to the train part and scores it on the test part; without a contestant where it cannot be fitted.
pub(super) fn fit_and_measure(
    family: Family,
    parts: &Parts,
    settings: &TrainSettings,
    origins: &TestOrigins,
) -> (Fitted, Option<Contestant>) {
    let started = Instant::now();
    let data = parts.training_data(parts.prepared.train.clone());
    let model = fit_model(family, &data, settings, &parts.identifier);
    let fit = started.elapsed();
    let model = match model {
        Ok(model) => model,
        Err(error) => {
            let outcome = Err(error.to_string());
            return (Fitted { family, fit, outcome }, None);
        }
    };
    let run_id = model.manifest.lineage.run_id.clone();
    let both = (&parts.prepared.train, &parts.prepared.test);
    let contestant = match measure_model(&model, &parts.targets, both, origins, &mut || {}) {
        Ok(measured) => Contestant::measured(&run_id, family, measured),
        Err(error) => Contestant::unservable(&run_id, family, &error),
    };
    (Fitted { family, fit, outcome: Ok(run_id) }, Some(contestant))
}

/// Fits a family; the run is named by its content.
pub(super) fn fit_model(
    family: Family,
    data: &TrainingData,
    settings: &TrainSettings,
    identifier: &str,
) -> Result<VerifiedModel, ModelError> {
    let lineage = Lineage {
        run_id: String::new(),
        identifier: identifier.to_owned(),
        series: None,
        config_hash: String::new(),
        dataset_id: String::new(),
        train_hash: String::new(),
    };
    let artifact = fit(family, data, settings, lineage, &mut |_: f64| TrainSignal::GoOn)?.named_by_content();
    VerifiedModel::of(&artifact, 0)
}
