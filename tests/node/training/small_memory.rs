//! What a process has no memory for is refused once, with the setting that allows more; it holds up nothing, and nothing is decided by it.

use flts::actors::promote_run;
use flts::forecast::{Family, TimeForm, format_time, sample, to_csv};
use flts::storage::{Audit, Condition, Datasets, Decisions, Runs};

use crate::common::{Data, Node, store_of};

/// The smallest budget that a node takes: data sets have 44.8 MiB of it, models 19.2 MiB.
const SMALL: (&str, &str) = ("MEMORY_BUDGET_MB", "256");

/// Files of one column with so many rows.
fn long(train_rows: i64, test_rows: i64) -> Data {
    let folder = tempfile::tempdir().unwrap();
    let (train, test) = (folder.path().join("long.csv"), folder.path().join("long_test.csv"));
    let row = |at: i64| format!("{},{}\n", format_time(at * 60_000, TimeForm::Naive), at % 7);
    let text = |rows: std::ops::Range<i64>| "time,down\n".to_owned() + &rows.map(row).collect::<String>();
    std::fs::write(&train, text(0..train_rows)).unwrap();
    std::fs::write(&test, text(train_rows..train_rows + test_rows)).unwrap();
    Data { folder, train, test }
}

fn lines(node: &Node, event: &str) -> usize {
    node.log().lines().filter(|line| line.contains(&format!("\"event\":\"{event}\""))).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_fit_alone_and_not_beside_the_work_on_them_are_refused_once() {
    let (data, home) = (long(200_000, 40_000), tempfile::tempdir().unwrap());
    // a node that is given such files ends: these come into its bucket
    let node = Node::start(home.path(), &[("ROLES", "preprocess"), SMALL], None);
    let actor = node.until("/debug/actors/preprocessor", |status, _| status == 200).await;
    let store = store_of(home.path());
    for (name, file) in [("test_file", &data.test), ("train_file", &data.train)] {
        let (key, bytes) = (actor["state"][name].as_str().unwrap(), std::fs::read(file).unwrap());
        store.put("dataset", key, bytes.into(), Condition::Always).await.unwrap();
    }
    let scanned = |actor: &serde_json::Value| {
        let outcome = &actor["state"]["last"]["look"]["outcome"];
        !outcome.is_null() && outcome != "waiting"
    };
    let actor = node.until("/debug/actors/preprocessor", |_, actor| scanned(actor)).await;
    let look = &actor["state"]["last"]["look"];
    assert_eq!(look["outcome"], "refused", "{look}");
    assert!(look["error"].as_str().unwrap().contains("set MEMORY_BUDGET_MB to allow more"), "{look}");
    // it looks again and again, and takes no memory for that
    let looks = |metrics: &str| {
        let of_gets = metrics
            .lines()
            .filter(|line| line.starts_with("flts_object_store_seconds_count{") && line.contains("\"get\""));
        of_gets.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum::<f64>()
    };
    let before = looks(&node.text("/metrics").await);
    loop {
        let metrics = node.text("/metrics").await;
        let data_sets = "flts_memory_reserved_bytes{share=\"data sets\"} 0";
        assert!(metrics.contains(data_sets), "{metrics}");
        if looks(&metrics) >= before + 6.0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(lines(&node, "failure"), 1, "{}", node.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_set_that_is_too_large_for_a_trainer_is_not_begun_and_said_once() {
    let (data, home) = (long(200_000, 1_000), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("ROLES", "preprocess")], Some(&data));
    let published = |actor: &serde_json::Value| actor["state"]["last"]["look"]["outcome"] == "published";
    node.until("/debug/actors/preprocessor", |_, actor| published(actor)).await;
    node.kill();
    let settings = [
        ("ROLES", "trainer,evaluator"),
        ("MODEL_TYPE", "GRU"),
        ("EXPECTED_MODEL_TYPES", "GRU"),
        ("RECONCILE_INTERVAL_MS", "200"),
        ("JUDGE_TIMEOUT_MS", "1"),
        SMALL,
    ];
    let node = Node::start(home.path(), &settings, None);
    let error = node.await_line("\"event\":\"train_error\"");
    assert!(error.contains("set MEMORY_BUDGET_MB to allow more"), "{error}");
    // the searches of both go on
    node.until("/debug/actors/evaluator", |_, _| lines(&node, "promotion_error") >= 5).await;
    assert_eq!((lines(&node, "train_error"), lines(&node, "train_start")), (1, 0), "{}", node.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_champion_that_the_evaluator_cannot_hold_is_not_replaced_for_that() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let large = [
        ("MODEL_TYPE", "GRU"),
        ("EXPECTED_MODEL_TYPES", "GRU"),
        ("HIDDEN_SIZE", "256"),
        ("MAX_STEPS", "2"),
        ("INFERENCE_WORKERS", "1"),
    ];
    let node = Node::start(home.path(), &large, Some(&data));
    node.until("/promotion", |status, _| status == 200).await;
    let objects = store_of(home.path());
    let (decisions, runs) = (Decisions::new(objects.clone()), Runs::new(objects.clone()));
    let datasets = Datasets::new(objects).list().await.unwrap();
    let trained = runs.list_for("default", &datasets[0].dataset_id).await.unwrap();
    let gru = trained.iter().find(|run| run.model_type == Family::GRU).unwrap().lineage.run_id.clone();
    if decisions.history("default").await.unwrap().last().unwrap().pointer.as_ref().unwrap().run_id != gru {
        let audit = Audit { who: "test".into(), why: "the large one".into() };
        promote_run(&decisions, &runs, "default", &gru, audit).await.unwrap();
    }
    assert_eq!(node.stop().code(), Some(0));

    let next = tempfile::tempdir().unwrap();
    let (train, test) = (next.path().join("sample.csv"), next.path().join("sample_test.csv"));
    let series = sample(11, 12);
    std::fs::write(&train, to_csv(&series.slice(0..7_000))).unwrap();
    std::fs::write(&test, to_csv(&series.slice(7_000..series.rows()))).unwrap();
    let next = Data { folder: next, train, test };
    // each worker would build the champion
    let small = [("MODEL_TYPE", "GRU"), ("EXPECTED_MODEL_TYPES", "GRU"), ("INFERENCE_WORKERS", "64"), SMALL];
    let node = Node::start(home.path(), &small, Some(&next));
    let error = node.await_line("\"event\":\"promotion_error\"");
    assert!(error.contains("the champion cannot be judged") && error.contains("MEMORY_BUDGET_MB"), "{error}");
    let history = Decisions::new(store_of(home.path())).history("default").await.unwrap();
    assert_eq!(history.last().unwrap().pointer.as_ref().unwrap().run_id, gru);
    assert!(history.iter().all(|decision| decision.dataset_id == datasets[0].dataset_id), "nothing was decided");
}
