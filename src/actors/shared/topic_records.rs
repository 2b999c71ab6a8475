//! The Kafka records about a stored data set or run: claims that announce work, and events about trainings.

use crate::forecast::Family;
use crate::kafka::{DataClaim, INFERENCE_OPERATION, InferenceClaim, RECORD_VERSION, TrainingEvent, TrainingStatus};
use crate::limits::RECORD_ERROR;
use crate::storage::{DatasetRecord, EXPERIMENT, RunRecord, RunStatus, StoredFile};

/// The claim that asks trainers to train on a data set.
impl From<&DatasetRecord> for DataClaim {
    fn from(record: &DatasetRecord) -> Self {
        claim_of_file(record, &record.train, "train")
    }
}

/// The claim that asks for forecasts of the test part of a data set.
impl From<&DatasetRecord> for InferenceClaim {
    fn from(record: &DatasetRecord) -> Self {
        let mut claim = claim_of_file(record, &record.test, "infer");
        claim.operation = Some(INFERENCE_OPERATION.into());
        let object_key = claim.object.clone();
        Self { claim, object_key }
    }
}

/// The event that ends a training: its run is finished, or failed for good.
impl From<&RunRecord> for TrainingEvent {
    fn from(run: &RunRecord) -> Self {
        let (lineage, model_type) = (&run.lineage, run.model_type.as_str().to_string());
        let (status, what) = match run.status {
            RunStatus::Finished => (TrainingStatus::Success, "Trained"),
            RunStatus::Failed => (TrainingStatus::Failed, "Training Failed"),
        };
        Self {
            operation: format!("{what}: {model_type}"),
            status,
            experiment: Some(run.experiment.clone()),
            run_name: model_type.clone(),
            model_type,
            config_hash: lineage.config_hash.clone(),
            run_id: Some(lineage.run_id.clone()),
            identifier: lineage.identifier.clone(),
            dataset_id: lineage.dataset_id.clone(),
            train_hash: Some(lineage.train_hash.clone()),
            error: run.error.as_deref().map(cut_error),
            is_final: true,
            v: RECORD_VERSION,
            event_id: Some(format!("run:{}", lineage.run_id)),
        }
    }
}

/// An error no longer than readers of the event take it.
fn cut_error(error: &str) -> String {
    let end = error.floor_char_boundary(RECORD_ERROR.max_usize());
    error[..end].to_owned()
}

/// The event that a training of one family on a data set has begun.
pub fn training_started(family: Family, record: &DatasetRecord) -> TrainingEvent {
    let model_type = family.as_str().to_string();
    TrainingEvent {
        operation: format!("Training Started: {model_type}"),
        status: TrainingStatus::Running,
        experiment: Some(EXPERIMENT.into()),
        run_name: model_type.clone(),
        event_id: Some(format!("running:{}:{model_type}", record.dataset_id)),
        model_type,
        config_hash: record.config_hash.clone(),
        run_id: None,
        identifier: record.identifier.clone(),
        dataset_id: record.dataset_id.clone(),
        train_hash: None,
        error: None,
        is_final: false,
        v: RECORD_VERSION,
    }
}

/// The claim that asks for forecasts of the rows of any object.
pub fn object_claim(identifier: &str, bucket: String, object_key: String) -> InferenceClaim {
    let claim = DataClaim {
        bucket,
        object: object_key.clone(),
        size: None,
        operation: Some(INFERENCE_OPERATION.into()),
        v: RECORD_VERSION,
        config_hash: String::new(),
        identifier: Some(identifier.into()),
        dataset_id: String::new(),
        sha256: None,
        rows: None,
        event_id: None,
    };
    InferenceClaim { claim, object_key }
}

/// The claim check of one file of a data set; `purpose` makes its event id unique.
fn claim_of_file(record: &DatasetRecord, file: &StoredFile, purpose: &str) -> DataClaim {
    DataClaim {
        bucket: record.bucket.clone(),
        object: file.object.clone(),
        size: Some(file.size),
        operation: None,
        v: RECORD_VERSION,
        config_hash: record.config_hash.clone(),
        identifier: Some(record.identifier.clone()),
        dataset_id: record.dataset_id.clone(),
        sha256: Some(file.sha256.clone()),
        rows: Some(file.rows),
        event_id: Some(format!("{purpose}:{}", record.dataset_id)),
    }
}
