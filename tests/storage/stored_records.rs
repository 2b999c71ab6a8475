//! Data sets and runs in the store: written once, complete or not there, and checked when they are read.

use std::time::Duration;

use bytes::Bytes;
use flts::actors::training_started;
use flts::forecast::{
    Artifact, Family, Lineage, Prepared, PreprocessConfig, TrainSettings, TrainSignal, TrainingData, VerifiedModel,
    dataset_id, fit, measured_columns, prepare, sample, split_last_fifth, train_hash, write_parquet,
};
use flts::kafka::{InferenceClaim, TrainingClaim, TrainingEvent, TrainingStatus};
use flts::storage::{
    Condition, DatasetDraft, DatasetRecord, Datasets, MLFLOW_BUCKET, PROCESSED_BUCKET, RunRecord, RunStatus, Runs,
};

use crate::fixture::Stored;

pub fn prepared() -> Prepared {
    let (train, test) = split_last_fifth(sample(7, 4));
    prepare(train, test, &PreprocessConfig::default()).unwrap()
}

pub fn draft(prepared: &Prepared) -> DatasetDraft {
    let config = PreprocessConfig::default();
    let measured = measured_columns(&prepared.train);
    DatasetDraft {
        series: None,
        identifier: "default".into(),
        dataset_id: dataset_id("default", &config.config_hash(), "train bytes", "test bytes"),
        config,
        measured,
    }
}

pub async fn published(stored: &Stored) -> (Datasets, Prepared, DatasetRecord) {
    let (datasets, prepared) = (Datasets::new(stored.objects.clone()), prepared());
    let record = datasets.publish(draft(&prepared), &prepared).await.unwrap();
    (datasets, prepared, record)
}

#[tokio::test]
async fn a_data_set_comes_back_as_it_was_published() {
    let stored = Stored::start().await;
    let (datasets, prepared, record) = published(&stored).await;
    let found = datasets.find(&record.key()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&record));
    assert_eq!(datasets.list().await.unwrap(), std::slice::from_ref(&record));

    let dataset = datasets.load(&record).await.unwrap();
    assert_eq!((dataset.train, dataset.test), (prepared.train, prepared.test));
    assert_eq!(dataset.imputed_test, prepared.imputed_test);
    for (column, mean) in &prepared.means {
        // JSON numbers are read to the last bit but one.
        assert!((record.means[column] / mean - 1.0).abs() < 1e-15, "{column}");
    }
    assert!(record.calendar);
}

#[tokio::test]
async fn publishing_again_keeps_the_first_record() {
    let stored = Stored::start().await;
    let (datasets, prepared, first) = published(&stored).await;
    let second = datasets.publish(draft(&prepared), &prepared).await.unwrap();
    assert_eq!(first, second);
    assert_eq!(datasets.list().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_data_set_without_its_commit_point_does_not_exist_and_is_completed_by_publishing_again() {
    let stored = Stored::start().await;
    let (datasets, prepared, record) = published(&stored).await;
    let commit_point = record.train.object.replace("train.parquet", "train.meta.json");
    stored.objects.delete(PROCESSED_BUCKET, &commit_point).await.unwrap();
    assert!(datasets.list().await.unwrap().is_empty());
    assert!(datasets.find(&record.key()).await.unwrap().is_none());

    let again = datasets.publish(draft(&prepared), &prepared).await.unwrap();
    assert_eq!(again, record, "the record beside the test part, which the first attempt wrote, is the one that counts");
    datasets.load(&again).await.unwrap();
}

#[tokio::test]
async fn a_file_that_an_attempt_of_another_version_left_is_the_one_that_the_record_tells_of() {
    let stored = Stored::start().await;
    let (datasets, prepared) = (Datasets::new(stored.objects.clone()), prepared());
    let other = prepared.train.slice(0..prepared.train.rows() - 100);
    let config = PreprocessConfig::default();
    let key = format!("default/{}/{}/train.parquet", config.config_hash(), &draft(&prepared).dataset_id[..16]);
    let bytes = Bytes::from(write_parquet(&other, &[]).unwrap());
    stored.objects.put(PROCESSED_BUCKET, &key, bytes, Condition::Always).await.unwrap();

    let record = datasets.publish(draft(&prepared), &prepared).await.unwrap();
    assert_eq!(record.train.rows, other.rows() as u64);
    assert_eq!(datasets.load(&record).await.unwrap().train, other);
}

#[tokio::test]
async fn a_file_that_was_lost_is_missed_and_comes_back_by_publishing_again() {
    let stored = Stored::start().await;
    let (datasets, prepared, record) = published(&stored).await;
    assert!(datasets.has_files(&record).await.unwrap());
    stored.objects.delete(PROCESSED_BUCKET, &record.test.object).await.unwrap();
    assert!(!datasets.has_files(&record).await.unwrap());

    assert_eq!(datasets.publish(draft(&prepared), &prepared).await.unwrap(), record);
    assert!(datasets.has_files(&record).await.unwrap());
    datasets.load(&record).await.unwrap();
}

#[tokio::test]
async fn a_record_that_cannot_be_read_hides_no_other_data_set() {
    let stored = Stored::start().await;
    let (datasets, _, record) = published(&stored).await;
    let torn = Bytes::from_static(b"{\"v\": 1");
    stored.objects.put(PROCESSED_BUCKET, "default/c/d/train.meta.json", torn, Condition::Always).await.unwrap();
    assert_eq!(datasets.list().await.unwrap(), [record]);
}

#[tokio::test]
async fn other_bytes_than_those_published_are_refused_and_named() {
    let stored = Stored::start().await;
    let (datasets, _, record) = published(&stored).await;
    let foreign = Bytes::from_static(b"PAR1 not what was written PAR1");
    stored.objects.put(PROCESSED_BUCKET, &record.test.object, foreign, Condition::Always).await.unwrap();
    let error = datasets.load(&record).await.map(|_| ()).unwrap_err();
    assert!(!error.is_outage());
    assert!(error.to_string().contains(&record.test.object), "{error}");
}

#[tokio::test]
async fn claims_name_the_object_the_data_set_and_the_hash_of_the_bytes() {
    let stored = Stored::start().await;
    let (_, _, record) = published(&stored).await;
    let training = TrainingClaim::parse(&TrainingClaim::from(&record).to_json()).unwrap();
    assert_eq!((&training.object, &training.dataset_id), (&record.train.object, &record.dataset_id));
    assert_eq!((training.sha256.as_ref(), training.rows), (Some(&record.train.sha256), Some(record.train.rows)));
    assert!(training.is_for_training());

    let inference = InferenceClaim::parse(&InferenceClaim::from(&record).to_json()).unwrap();
    assert_eq!((&inference.claim.object, &inference.object_key), (&record.test.object, &record.test.object));
    assert_eq!(TrainingClaim::from(&record), TrainingClaim::from(&record), "the event id is always the same");
    assert_ne!(training.event_id, inference.claim.event_id);
}

/// A model that is fitted at once.
pub fn artifact(record: &DatasetRecord, prepared: &Prepared, run_id: &str) -> (Artifact, Lineage) {
    let settings = TrainSettings::default();
    let lineage = Lineage {
        run_id: run_id.into(),
        identifier: record.identifier.clone(),
        config_hash: record.config_hash.clone(),
        dataset_id: record.dataset_id.clone(),
        train_hash: train_hash(&settings.canonical(Family::PERSISTENCE)),
    };
    let data = TrainingData {
        train: prepared.train.clone(),
        measured: record.measured.clone(),
        targets: record.measured[..1].to_vec(),
        means: record.means.clone(),
        calendar: record.calendar,
    };
    let go_on = &mut |_| TrainSignal::GoOn;
    let artifact = fit(Family::PERSISTENCE, &data, &settings, lineage.clone(), go_on).unwrap();
    (artifact, lineage)
}

#[tokio::test]
async fn a_run_is_finished_by_its_record_and_its_artifact_can_be_verified() {
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let runs = Runs::new(stored.objects.clone());
    let (artifact, lineage) = artifact(&record, &prepared, "run-1");
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let find = || runs.find(Family::PERSISTENCE, &lineage);
    assert!(find().await.unwrap().is_none(), "an artifact alone is no finished run");

    let run = runs.finish(RunRecord::finished(&saved, &lineage, Vec::new(), Duration::from_secs(1))).await.unwrap();
    assert_eq!(find().await.unwrap().as_ref(), Some(&run));
    assert_eq!(runs.list_for("default", &record.dataset_id).await.unwrap(), [run]);
    let files = runs.load_artifact(&saved).await.unwrap();
    VerifiedModel::verify(&files.manifest, files.weights, Some(&saved.manifest_sha256), 1).unwrap().warm_up().unwrap();
}

#[tokio::test]
async fn two_trainers_that_finish_the_same_work_write_one_artifact_and_one_record() {
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let runs = Runs::new(stored.objects.clone());
    let work = async |took| {
        let artifact = artifact(&record, &prepared, "").0.named_by_content();
        let saved = runs.save_artifact(&artifact).await.unwrap();
        let run = RunRecord::finished(&saved, &artifact.manifest.lineage, Vec::new(), Duration::from_secs(took));
        runs.finish(run).await.unwrap()
    };
    let (one, other) = tokio::join!(work(1), work(2));
    assert_eq!(one, other, "the first record is the answer for both");
    let stored = stored.objects.list(MLFLOW_BUCKET, "").await.unwrap();
    let keys: Vec<&str> = stored.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys.len(), 3, "weights, manifest and record, but {keys:?}");
}

#[tokio::test]
async fn a_run_tells_its_end_in_an_event() {
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let runs = Runs::new(stored.objects.clone());
    let (artifact, lineage) = artifact(&record, &prepared, "run-1");
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let run = RunRecord::finished(&saved, &lineage, Vec::new(), Duration::from_secs(1));
    let event = TrainingEvent::parse(&TrainingEvent::from(&run).to_json()).unwrap();
    assert_eq!((event.status, event.run_id.as_deref()), (TrainingStatus::Success, Some("run-1")));
    assert_eq!(
        (event.operation.as_str(), event.key().as_deref()),
        ("Trained: PERSISTENCE", Some("trained-PERSISTENCE"))
    );

    let failed = RunRecord::failed(&lineage, Family::GRU, Vec::new(), "too few rows");
    assert_eq!(failed.status, RunStatus::Failed);
    let event = TrainingEvent::parse(&TrainingEvent::from(&failed).to_json()).unwrap();
    assert_eq!((event.status, event.error.as_deref()), (TrainingStatus::Failed, Some("too few rows")));
    assert!(event.is_final);

    let running = TrainingEvent::parse(&training_started(Family::GRU, &record).to_json()).unwrap();
    assert_eq!((running.status, running.is_final, running.key()), (TrainingStatus::Running, false, None));
}

#[tokio::test]
async fn weights_that_were_changed_in_the_store_are_never_served() {
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let runs = Runs::new(stored.objects.clone());
    let (artifact, _) = artifact(&record, &prepared, "run-1");
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let listed = stored.objects.list(MLFLOW_BUCKET, "").await.unwrap();
    let weights = listed.iter().find(|entry| entry.key.ends_with("weights.safetensors")).unwrap();
    let mut bytes = artifact.weights.clone();
    *bytes.last_mut().unwrap() ^= 1;
    stored.objects.put(MLFLOW_BUCKET, &weights.key, bytes.into(), Condition::Always).await.unwrap();
    let files = runs.load_artifact(&saved).await.unwrap();
    assert!(VerifiedModel::verify(&files.manifest, files.weights, Some(&saved.manifest_sha256), 1).is_err());
}
