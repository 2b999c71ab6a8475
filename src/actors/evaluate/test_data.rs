//! The data that a round judges on, and what a stored model scores on them.
//!
//! The caller's thread must have called [`use_one_torch_thread`](crate::forecast::use_one_torch_thread): the last bits of a score depend on
//! the number of libtorch threads.

use crate::actors::shared::{FetchError, Services, fetch_model};
use crate::forecast::{Contestant, Measured, ModelError, TestOrigins, VerifiedModel, measure_model};
use crate::runtime::beat;
use crate::storage::{ArtifactRef, Dataset, DatasetRecord};

use super::error::JudgingError;
use super::settings::JudgingSettings;

/// A data set, and the origins that all of its runs are scored on.
pub struct TestData {
    /// The data set.
    pub dataset: Dataset,
    targets: Vec<String>,
    origins: TestOrigins,
}

impl TestData {
    /// Reads the data set. Blocks.
    pub fn load(services: &Services, settings: &JudgingSettings, record: &DatasetRecord) -> Result<Self, JudgingError> {
        let dataset = services.stored(services.datasets.load(record))?;
        let targets = settings.recipe.targets(record);
        let origins = TestOrigins::of(&dataset.train, &dataset.test, &dataset.imputed_test, &targets);
        Ok(Self { dataset, targets, origins })
    }

    /// Hash of what scores depend on besides the model.
    pub fn hash(&self) -> &str {
        &self.origins.hash
    }

    /// Origins in a row whose forecasts overlap.
    pub fn overlap(&self) -> usize {
        self.origins.overlap()
    }

    /// A stored model as a contestant. The inner error says that this process cannot hold it.
    pub fn contestant(
        &self,
        services: &Services,
        artifact: &ArtifactRef,
    ) -> Result<Result<Contestant, ModelError>, JudgingError> {
        let (run_id, family) = (artifact.run_id.as_str(), artifact.model_type);
        Ok(match self.measured(services, artifact)? {
            Ok(measured) => Ok(Contestant::measured(run_id, family, measured)),
            Err(error @ ModelError::TooLarge { .. }) => Err(error),
            Err(error) => Ok(Contestant::unservable(run_id, family, &error)),
        })
    }

    /// The scores of a stored model. The inner error says why it is not servable: it is damaged, forecasts other columns, or does not
    /// warm up.
    fn measured(
        &self,
        services: &Services,
        artifact: &ArtifactRef,
    ) -> Result<Result<Measured, ModelError>, JudgingError> {
        match services.stored(fetch_model(&services.runs, artifact, 0)) {
            Ok(model) => Ok(self.measure(&model)),
            Err(FetchError::Model(error)) => {
                if matches!(error, ModelError::Artifact(_)) {
                    services.runs.pass_over_artifact(artifact, &error);
                }
                Ok(Err(error))
            }
            // an outage says nothing about the model
            Err(FetchError::Store(error)) if error.should_hand_back() => Err(error.into()),
            Err(FetchError::Store(error)) => Ok(Err(ModelError::Artifact(error.to_string()))),
        }
    }

    fn measure(&self, model: &VerifiedModel) -> Result<Measured, ModelError> {
        let parts = (&self.dataset.train, &self.dataset.test);
        measure_model(model, &self.targets, parts, &self.origins, &mut beat)
    }
}
