//! Runs are read once, found by their id without the others, and changes of their objects are seen; so are parts of a listing.

use std::time::Duration;

use flts::forecast::Family;
use flts::storage::{Condition, Entry, Folder, INFERENCE_LOG_BUCKET, MLFLOW_BUCKET, RunRecord, Runs};

use crate::common::long_history;
use crate::fixture::Stored;
use crate::stored_records::{artifact, published};

use super::fixture::World;

#[tokio::test]
async fn a_run_is_found_by_its_id_without_reading_the_others() {
    let world = World::with_past(200).await;
    let stored = Stored::start().await;
    let (_, prepared, record) = published(&stored).await;
    let runs = Runs::new(world.objects.clone());
    let (artifact, lineage) = artifact(&record, &prepared, "run-1");
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let run = runs.finish(RunRecord::finished(&saved, &lineage, Vec::new(), Duration::ZERO)).await.unwrap();
    let find = async || assert_eq!(runs.find_by_id("default", "run-1").await.unwrap().as_ref(), Some(&run));
    assert_eq!(world.cost(find()).await, 3, "the folder of its artifact, the manifest, the record");
    assert_eq!(runs.find_by_id("other", "run-1").await.unwrap(), None);
    let failed = runs.find_by_id("default", "past-77").await.unwrap().unwrap();
    assert_eq!(failed.lineage, long_history::run(77).lineage, "a run without a model is found too");
    // one whose artifact is lost
    for entry in world.objects.list(MLFLOW_BUCKET, "Default/run-1/").await.unwrap() {
        world.objects.delete(MLFLOW_BUCKET, &entry.key).await.unwrap();
    }
    find().await;
}

#[tokio::test]
async fn runs_and_damaged_records_are_read_once_and_changes_are_seen() {
    let world = World::with_past(10).await;
    let (runs, dataset_id) = (Runs::new(world.objects.clone()), long_history::dataset(0).dataset_id);
    let listed = async || runs.list_for("default", &dataset_id).await.unwrap();
    let key = |number: usize| {
        let lineage = long_history::run(number).lineage;
        format!("runs/default/{dataset_id}/{}/{}.json", Family::GRU, lineage.train_hash)
    };
    world.objects.put(MLFLOW_BUCKET, &key(3), "{".into(), Condition::Always).await.unwrap();
    assert_eq!(world.cost(async { assert_eq!(listed().await.len(), 9) }).await, 11);
    assert_eq!(world.cost(async { assert_eq!(listed().await.len(), 9) }).await, 1);
    // repaired, and another one removed
    let json = serde_json::to_vec(&long_history::run(3)).unwrap();
    world.objects.put(MLFLOW_BUCKET, &key(3), json.into(), Condition::Always).await.unwrap();
    world.objects.delete(MLFLOW_BUCKET, &key(4)).await.unwrap();
    let ids: Vec<String> = listed().await.into_iter().map(|run| run.lineage.run_id).collect();
    assert_eq!(ids.len(), 9);
    assert!(ids.contains(&"past-3".to_owned()) && !ids.contains(&"past-4".to_owned()), "{ids:?}");
}

#[tokio::test]
async fn a_listing_starts_after_a_key_and_tells_folders_apart() {
    let world = World::with_past(1).await;
    let bucket = INFERENCE_LOG_BUCKET;
    let keys = ["0", "a/1", "a/2", "a/3", "a/b/4", "c/5", "d"];
    for key in keys {
        world.objects.put(bucket, key, "x".into(), Condition::Always).await.unwrap();
    }
    let names = |entries: Vec<Entry>| entries.into_iter().map(|entry| entry.key).collect::<Vec<_>>();
    let after = async |prefix: &str, after: &str| names(world.objects.list_after(bucket, prefix, after).await.unwrap());
    assert_eq!(after("a/", "a/1").await, ["a/2", "a/3", "a/b/4"]);
    assert_eq!(after("a/", "a/15").await, ["a/2", "a/3", "a/b/4"], "the key need not exist");
    assert_eq!(after("a/", "a").await, ["a/1", "a/2", "a/3", "a/b/4"], "a key before the prefix");
    assert!(after("a/", "b").await.is_empty());
    assert_eq!(after("", "a/b/4").await, ["c/5", "d"]);
    let page = world.objects.list_page(bucket, "a/", "a/1", 2).await.unwrap();
    assert_eq!((names(page.entries), page.is_truncated), (vec!["a/2".to_owned(), "a/3".into()], true));
    let page = world.objects.list_page(bucket, "a/", "a/3", 2).await.unwrap();
    assert_eq!((names(page.entries), page.is_truncated), (vec!["a/b/4".to_owned()], false));
    let Folder { folders, entries } = world.objects.list_folder(bucket, "").await.unwrap();
    assert_eq!((folders, names(entries)), (vec!["a/".to_owned(), "c/".into()], vec!["0".to_owned(), "d".into()]));
    let Folder { folders, entries } = world.objects.list_folder(bucket, "a/").await.unwrap();
    assert_eq!(
        (folders, names(entries)),
        (vec!["a/b/".to_owned()], vec!["a/1".to_owned(), "a/2".into(), "a/3".into()])
    );
}
