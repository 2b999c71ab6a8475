//! A store that ignores conditions is found out before anybody relies on it.

use flts::storage::{BUCKETS, ConditionSupport, Decisions, ObjectStore, ObjectStoreConfig, PROMOTION_BUCKET};

use crate::common::Node;
use crate::common::any_store::AnyStore;
use crate::common::careless::{self, Knows};
use crate::common::shell::{Said, flts_with};

fn client(endpoint: &str) -> ObjectStore {
    ObjectStore::new(ObjectStoreConfig::at(endpoint, "a", "b"))
}

/// Settings of a node or command that uses this store.
fn settings<'a>(endpoint: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let keys = [("S3_ENDPOINT_URL", endpoint), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
    [&keys, more].concat()
}

/// Runs the program off the threads that the store runs on.
async fn said(endpoint: &str, more: &[(&str, &str)], args: &'static [&'static str]) -> Said {
    let home = tempfile::tempdir().unwrap();
    let folder = [("DATA_DIR", home.path().to_str().unwrap())];
    let own = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
    let env: Vec<(String, String)> = settings(endpoint, &[more, &folder].concat()).iter().map(own).collect();
    let run = move || {
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        flts_with(&env, args)
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

async fn keeps_conditions(store: AnyStore) {
    let objects = store.client();
    for bucket in BUCKETS {
        objects.ensure_bucket(bucket).await.unwrap();
    }
    assert_eq!(objects.probe_conditions(PROMOTION_BUCKET).await.unwrap(), ConditionSupport::Kept);
    assert!(objects.has_conditional_writes());
    assert!(objects.list(PROMOTION_BUCKET, "").await.unwrap().is_empty(), "a probe leaves nothing behind");
    assert!(Decisions::new(objects).identifiers().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_embedded_store_and_minio_keep_to_conditions() {
    keeps_conditions(AnyStore::embedded().await).await;
    keeps_conditions(AnyStore::start().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_ignores_conditions_is_found_out_whichever_it_ignores() {
    let cases = [
        (Knows::Nothing, "in spite of If-None-Match: *"),
        (Knows::Creating, "in spite of If-Match with another ETag"),
        (Knows::NotEvenTheHeader, "does not know conditional writes"),
    ];
    for (knows, words) in cases {
        let objects = client(&careless::store(knows).await);
        let found = objects.probe_conditions(PROMOTION_BUCKET).await.unwrap();
        assert!(matches!(found, ConditionSupport::Broken(told) if told.contains(words)), "{knows:?}: {found:?}");
        assert!(!objects.has_conditional_writes());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_that_was_left_behind_is_no_series() {
    let store = AnyStore::start().await;
    let objects = store.client();
    objects.ensure_bucket(PROMOTION_BUCKET).await.unwrap();
    let left = bytes::Bytes::from_static(b"first");
    objects.put(PROMOTION_BUCKET, ".probe/left", left, flts::storage::Condition::IfAbsent).await.unwrap();
    assert!(Decisions::new(objects).identifiers().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_judges_or_trains_does_not_start_on_such_a_store() {
    let endpoint = careless::store(Knows::Nothing).await;
    for role in ["evaluator", "trainer", "all"] {
        let refused = said(&endpoint, &[("ROLES", role)], &["run"]).await;
        let told = refused.bad(78);
        for words in [endpoint.as_str(), "in spite of If-None-Match", "ALLOW_UNSAFE_POINTER=1"] {
            assert!(told.contains(words), "{role}: {words:?} is not in {told}");
        }
    }
    let refused = said(&endpoint, &[], &["promotion", "rollback", "--why", "a test"]).await;
    assert!(refused.bad(78).contains("ALLOW_UNSAFE_POINTER=1"), "{refused:?}");
    let allowed =
        said(&endpoint, &[("ALLOW_UNSAFE_POINTER", "1")], &["promotion", "rollback", "--why", "a test"]).await;
    assert!(allowed.bad(1).contains("nothing was ever promoted"), "{allowed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_told_to_use_it_goes_on_warning() {
    let endpoint = careless::store(Knows::Nothing).await;
    for (settings, status, code) in [
        (settings(&endpoint, &[("ROLES", "evaluator"), ("ALLOW_UNSAFE_POINTER", "1")]), 404, "unknown_identifier"),
        (settings(&endpoint, &[("ROLES", "inference")]), 409, "unsafe_store"),
    ] {
        let home = tempfile::tempdir().unwrap();
        let node = Node::start(home.path(), &settings, None);
        node.await_line("unsafe_store");
        let (_, actors) = node.get("/debug/actors").await;
        let warning = actors["node"]["warnings"][0].as_str().unwrap_or_default();
        assert!(warning.contains("ignores conditional writes"), "{actors}");
        let (answered, refusal) = node.post("/promotion/rollback", &serde_json::json!({"why": "a test"})).await;
        assert_eq!((answered, &refusal["code"]), (status, &serde_json::json!(code)), "{refusal}");
    }
}
