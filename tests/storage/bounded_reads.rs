//! What a read becomes is bounded before it is read: cells, memory, bytes.

use std::time::Duration;

use flts::actors::{FetchError, fetch_model};
use flts::forecast::ModelError;
use flts::limits::DATA_CELLS;
use flts::runtime::{MemoryShare, ReserveError};
use flts::storage::{Condition, FetchedPointer, MLFLOW_BUCKET, ObjectError, PROMOTION_BUCKET, Runs, StorageError};

use crate::fixture::{Stored, decision};
use crate::stored_records::{artifact, published};

/// More than a record may have.
fn two_mib() -> Vec<u8> {
    vec![b' '; 2 << 20]
}

#[tokio::test]
async fn a_data_set_of_too_many_cells_is_refused_from_its_record() {
    let stored = Stored::start().await;
    let (datasets, _, record) = published(&stored).await;
    let cells = record.train.rows * (record.measured.len() as u64 + 7);
    let within = |cells| datasets.clone().within(DATA_CELLS.with_max(cells), MemoryShare::new("data sets", 1 << 30));
    assert!(within(cells).load(&record).await.is_ok());
    // nothing is read: no file is there any more
    stored.objects.delete(&record.bucket, &record.train.object).await.unwrap();
    let error = within(cells - 1).load(&record).await.err().expect("too many cells");
    assert!(error.is_permanent() && !error.should_hand_back());
    assert!(error.to_string().contains("set MAX_CELLS to allow more"), "{error}");
    let mut claimed = record.clone();
    claimed.train.rows = u64::MAX;
    assert!(datasets.load(&claimed).await.err().expect("too many cells").is_permanent());
}

#[tokio::test]
async fn a_file_that_becomes_more_than_its_record_says_is_damaged() {
    let stored = Stored::start().await;
    let (datasets, _, mut record) = published(&stored).await;
    record.train.rows -= 1;
    let error = datasets.load(&record).await.err().expect("another number of rows");
    assert!(matches!(error, StorageError::Damaged { .. }), "{error}");
    record.train.rows += 1;
    record.train.size -= 1;
    let error = datasets.load(&record).await.err().expect("another size");
    assert!(matches!(error, StorageError::Object(ObjectError::OverLimit { .. })), "{error}");
}

#[tokio::test]
async fn data_sets_share_the_memory_that_they_are_given_and_give_it_back() {
    let stored = Stored::start().await;
    let (datasets, _, record) = published(&stored).await;
    let share = MemoryShare::new("data sets", 64 << 20);
    let bounded = datasets.clone().within(DATA_CELLS, share.clone());
    let loaded = bounded.load(&record).await.unwrap();
    assert!(share.state().reserved_bytes > (record.train.rows * 8) as usize * 4);
    drop(loaded);
    assert_eq!(share.state().reserved_bytes, 0);
    let small = datasets.within(DATA_CELLS, MemoryShare::new("data sets", 4096));
    let error = small.load(&record).await.err().expect("no memory, ever");
    assert!(matches!(error, StorageError::Memory(ReserveError::TooLarge { .. })) && error.is_permanent(), "{error}");
}

#[tokio::test]
async fn a_model_that_cannot_be_held_is_refused_by_name_before_its_weights_are_read() {
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let (artifact, _) = artifact(&record, &prepared, "run-1");
    let runs = Runs::new(stored.objects.clone());
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let share = MemoryShare::new("models", 8 << 20);
    let model = fetch_model(&runs.clone().within(share.clone(), 2), &saved, 1).await.unwrap();
    let loading = share.state().reserved_bytes;
    model.warm_up().unwrap();
    let in_service = share.state().reserved_bytes;
    assert!(0 < in_service && in_service <= loading, "held as long as the model, and what loading takes until then");
    assert_eq!(model.held_bytes(), in_service);
    drop(model);
    assert_eq!(share.state().reserved_bytes, 0);
    let error = fetch_model(&runs.within(share, 100_000), &saved, 1).await.expect_err("too large");
    assert!(matches!(error, FetchError::Model(ModelError::TooLarge { .. })), "{error}");
    let text = error.to_string();
    assert!(text.contains("PERSISTENCE of run run-1") && text.contains("MEMORY_BUDGET_MB"), "{text}");
}

#[tokio::test]
async fn a_pointer_of_any_size_is_not_read_and_is_replaced_from_the_log() {
    let stored = Stored::start().await;
    let next = decision(None, Some("a"));
    stored.decisions.append(&next).await.unwrap();
    let key = "default/current.json";
    stored.objects.put(PROMOTION_BUCKET, key, two_mib().into(), Condition::Always).await.unwrap();
    match stored.decisions.pointer("default", None).await.unwrap() {
        FetchedPointer::Unreadable { reason } => assert!(reason.contains("limit is 1048576 bytes"), "{reason}"),
        other => panic!("expected an unreadable pointer, got {other:?}"),
    }
    assert_eq!(stored.decisions.project("default").await.unwrap(), next.pointer);
    let read = stored.decisions.pointer("default", None).await.unwrap();
    assert!(matches!(read, FetchedPointer::New { .. }), "{read:?}");
}

#[tokio::test]
async fn records_of_any_size_are_not_read() {
    let stored = Stored::start().await;
    let (datasets, prepared, record) = published(&stored).await;
    let key = record.train.object.replace("train.parquet", "train.meta.json");
    stored.objects.put(&record.bucket, &key, two_mib().into(), Condition::Always).await.unwrap();
    let error = datasets.find(&record.key()).await.unwrap_err();
    assert!(matches!(error, StorageError::Damaged { .. }) && error.to_string().contains("1048576 bytes"), "{error}");
    let (artifact, _) = artifact(&record, &prepared, "run-1");
    let runs = Runs::new(stored.objects.clone());
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let manifest = format!("Default/run-1/artifacts/{}/manifest.json", saved.model_type);
    let large = vec![b' '; 9 << 20].into();
    stored.objects.put(MLFLOW_BUCKET, &manifest, large, Condition::Always).await.unwrap();
    let begun = std::time::Instant::now();
    let error = runs.load_artifact(&saved).await.err().expect("too large");
    assert!(error.is_permanent() && begun.elapsed() < Duration::from_secs(20), "{error}");
}
