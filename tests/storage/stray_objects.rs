//! Objects that FLTS did not write, or that were damaged, are passed over and stop nothing else.

use std::time::Duration;

use flts::forecast::Family;
use flts::storage::{
    Appended, Checkpoints, Condition, DatasetRecord, MLFLOW_BUCKET, PROCESSED_BUCKET, PROMOTION_BUCKET, RunRecord,
    Runs, StorageError,
};

use crate::fixture::{Stored, decision};
use crate::stored_records::{artifact, draft, prepared, published};

async fn put(stored: &Stored, bucket: &str, key: &str, text: impl Into<Vec<u8>>) {
    stored.objects.put(bucket, key, text.into().into(), Condition::Always).await.unwrap();
}

#[tokio::test]
async fn a_folder_and_notes_in_a_decision_log_stop_neither_judging_nor_rollback() {
    let stored = Stored::start().await;
    let first = decision(None, Some("a"));
    assert_eq!(stored.decisions.append(&first).await.unwrap(), Appended::Done);
    for name in ["default/history/", "default/history/notes.txt", "default/history/1.json", "default/history/x/y.json"]
    {
        put(&stored, PROMOTION_BUCKET, name, "").await;
    }
    put(&stored, PROMOTION_BUCKET, "../other/history/00000001.json", "{}").await;
    put(&stored, PROMOTION_BUCKET, "read.me", "hello").await;
    assert_eq!(stored.decisions.identifiers().await.unwrap(), ["default"]);
    assert_eq!(stored.decisions.history("default").await.unwrap(), std::slice::from_ref(&first));
    assert_eq!(stored.decisions.project("default").await.unwrap(), first.pointer);
    let second = decision(Some(&first), Some("b"));
    assert_eq!(stored.decisions.append(&second).await.unwrap(), Appended::Done);
    assert_eq!(stored.decisions.newest("default", 1).await.unwrap(), [second]);
}

#[tokio::test]
async fn a_damaged_decision_is_passed_over_unless_the_next_one_would_follow_it() {
    let stored = Stored::start().await;
    let first = decision(None, Some("a"));
    let second = decision(Some(&first), Some("b"));
    stored.decisions.append(&first).await.unwrap();
    stored.decisions.append(&second).await.unwrap();
    put(&stored, PROMOTION_BUCKET, "default/history/00000001.json", "{").await;
    assert_eq!(stored.decisions.history("default").await.unwrap(), std::slice::from_ref(&second));
    assert_eq!(stored.decisions.project("default").await.unwrap(), second.pointer);
    // one that stands at another place is damaged too
    put(&stored, PROMOTION_BUCKET, "default/history/00000003.json", serde_json::to_vec(&second).unwrap()).await;
    let error = stored.decisions.history("default").await.unwrap_err();
    assert!(error.to_string().contains("default/history/00000003.json"), "{error}");
    let mut other = decision(None, Some("a"));
    other.identifier = "other".into();
    stored.decisions.append(&other).await.unwrap();
    assert_eq!(stored.decisions.history("other").await.unwrap(), [other], "another series is not stopped");
}

#[tokio::test]
async fn strange_and_damaged_runs_do_not_hide_the_others() {
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let runs = Runs::new(stored.objects.clone());
    let (artifact, lineage) = artifact(&record, &prepared, "run-1");
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let run = runs.finish(RunRecord::finished(&saved, &lineage, Vec::new(), Duration::ZERO)).await.unwrap();
    let folder = format!("runs/default/{}/", record.dataset_id);
    put(&stored, MLFLOW_BUCKET, &folder, "").await;
    put(&stored, MLFLOW_BUCKET, &format!("{folder}GRU/notes.txt"), "mine").await;
    put(&stored, MLFLOW_BUCKET, &format!("{folder}GRU/{}.json", "a".repeat(64)), "{").await;
    // the record of another run
    put(&stored, MLFLOW_BUCKET, &format!("{folder}LSTM/{}.json", "a".repeat(64)), serde_json::to_vec(&run).unwrap())
        .await;
    assert_eq!(runs.list_for("default", &record.dataset_id).await.unwrap(), std::slice::from_ref(&run));
    assert_eq!(runs.find_by_id("default", "run-1").await.unwrap(), Some(run));
    put(&stored, MLFLOW_BUCKET, "checkpoints/default/notes", "mine").await;
    let page = Checkpoints::new(stored.objects.clone()).page(None).await.unwrap();
    assert!(page.trainings.is_empty() && page.next.is_none(), "{page:?}");
}

#[tokio::test]
async fn a_record_whose_hashes_would_be_another_path_is_damaged() {
    let stored = Stored::start().await;
    let (datasets, prepared, record) = published(&stored).await;
    let key = record.train.object.replace("train.parquet", "train.meta.json");
    let damages: [fn(&mut DatasetRecord); 5] = [
        |record| record.config_hash = "../../dataset".into(),
        |record| record.train.sha256 = "A".repeat(64),
        |record| record.train.object = "another/train.parquet".into(),
        |record| record.bucket = "dataset".into(),
        |record| record.identifier = "../default".into(),
    ];
    for damage in damages {
        let mut wrong = record.clone();
        damage(&mut wrong);
        put(&stored, PROCESSED_BUCKET, &key, serde_json::to_vec(&wrong).unwrap()).await;
        let error = datasets.find(&record.key()).await.unwrap_err();
        assert!(matches!(error, StorageError::Damaged { .. }), "{error}");
        assert!(datasets.list().await.unwrap().is_empty());
    }
    let (_, mut lineage) = artifact(&record, &prepared, "run-1");
    let runs = Runs::new(stored.objects.clone());
    let failed = RunRecord::failed(&lineage, Family::GRU, Vec::new(), "no");
    let written = runs.finish(failed).await.unwrap();
    let key = format!("runs/default/{}/GRU/{}.json", lineage.dataset_id, lineage.train_hash);
    lineage.config_hash = "c".into();
    let wrong = RunRecord { lineage: lineage.clone(), ..written };
    put(&stored, MLFLOW_BUCKET, &key, serde_json::to_vec(&wrong).unwrap()).await;
    let error = runs.find(Family::GRU, &lineage).await.unwrap_err();
    assert!(error.to_string().contains("`config_hash`"), "{error}");
}

#[tokio::test]
async fn the_newest_data_set_is_the_last_one_whatever_the_clock_of_its_publisher_said() {
    let stored = Stored::start().await;
    let (datasets, _, first) = published(&stored).await;
    // the clock of the first publisher was ahead
    let ahead = DatasetRecord { created_at: "2999-01-01T00:00:00.000000Z".into(), ..first.clone() };
    let key = first.train.object.replace("train.parquet", "train.meta.json");
    put(&stored, PROCESSED_BUCKET, &key, serde_json::to_vec(&ahead).unwrap()).await;
    let prepared = prepared();
    let mut next = draft(&prepared);
    next.dataset_id = "e".repeat(64);
    let second = datasets.publish(next, &prepared).await.unwrap();
    assert_eq!((first.seq, second.seq), (1, 2));
    assert_eq!(datasets.newest().await.unwrap(), std::slice::from_ref(&second));
    // publishing the first one again does not make it the newest
    datasets.publish(draft(&prepared), &prepared).await.unwrap();
    assert_eq!(datasets.newest().await.unwrap(), [second]);
}

#[tokio::test]
async fn a_damaged_object_is_named_until_it_is_read_replaced_or_removed() {
    let stored = Stored::start().await;
    let health = flts::runtime::Health::new();
    stored.objects.report_damage_to(health.damage());
    let (first, newest) = ("default/history/00000001.json", "default/history/00000002.json");
    let degraded = || health.ready().degraded;
    let names = |key: &str| degraded().iter().any(|told| told.contains(key));
    let one = decision(None, Some("a"));
    stored.decisions.append(&one).await.unwrap();
    stored.decisions.append(&decision(Some(&one), Some("b"))).await.unwrap();
    put(&stored, PROMOTION_BUCKET, first, "{").await;
    stored.decisions.newest("default", 2).await.unwrap();
    put(&stored, PROMOTION_BUCKET, newest, "{").await;
    assert!(stored.decisions.newest("default", 2).await.is_err());
    assert!(names(first) && names(newest), "{:?}", degraded());
    // read again
    put(&stored, PROMOTION_BUCKET, newest, serde_json::to_vec(&decision(Some(&one), Some("b"))).unwrap()).await;
    stored.decisions.newest("default", 2).await.unwrap();
    assert!(names(first) && !names(newest), "{:?}", degraded());
    // replaced, and nobody reads it
    stored.objects.look_at_damaged().await.unwrap();
    assert!(names(first), "it is as it was");
    put(&stored, PROMOTION_BUCKET, first, serde_json::to_vec(&one).unwrap()).await;
    stored.objects.look_at_damaged().await.unwrap();
    assert_eq!(degraded(), Vec::<String>::new());
    // damaged again, and removed
    put(&stored, PROMOTION_BUCKET, first, "{").await;
    stored.decisions.newest("default", 2).await.unwrap();
    assert!(names(first));
    stored.objects.delete(PROMOTION_BUCKET, first).await.unwrap();
    stored.objects.look_at_damaged().await.unwrap();
    assert_eq!(degraded(), Vec::<String>::new());
}

#[tokio::test]
async fn a_listing_stops_after_as_many_keys_as_were_asked_for() {
    let stored = Stored::start().await;
    for number in 0..5 {
        put(&stored, PROMOTION_BUCKET, &format!("series-{number}/current.json"), "{}").await;
    }
    let keys = |entries: Vec<flts::storage::Entry>| entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>();
    let some = keys(stored.objects.list_at_most(PROMOTION_BUCKET, "", 2).await.unwrap());
    assert_eq!(some, ["series-0/current.json", "series-1/current.json"]);
    assert_eq!(stored.objects.list_at_most(PROMOTION_BUCKET, "", 100).await.unwrap().len(), 5);
    let folders = stored.objects.list_folders(PROMOTION_BUCKET).await.unwrap();
    assert_eq!(folders, ["series-0", "series-1", "series-2", "series-3", "series-4"]);
}
