//! No order comes from clocks: machines that are hours or years apart, and clocks that jump, make the same results.

use std::path::Path;
use std::time::Duration;

use flts::forecast::{SAMPLE_DAYS, sample, split_last_fifth, to_csv};
use flts::storage::{Datasets, Decision, Decisions, FetchedPointer};

use crate::common::{Data, Node, PATIENCE, store_of};

const HOUR: i64 = 3_600;
const YEAR: i64 = 365 * 24 * HOUR;

const SETTINGS: [(&str, &str); 5] = [
    ("RECONCILE_INTERVAL_MS", "500"),
    ("LEASE_TTL_MS", "2000"),
    ("MODEL_TYPE", "GRU"),
    ("EXPECTED_MODEL_TYPES", "GRU"),
    ("MAX_STEPS", "40"),
];

/// A node whose clock does this.
fn node(home: &Path, env: &[(&str, &str)], clock: &str, data: Option<&Data>) -> Node {
    let faults = format!("wall-clock={clock}");
    Node::start(home, &[SETTINGS.as_slice(), &[("FAILPOINTS", faults.as_str())], env].concat(), data)
}

/// Other rows for each seed.
fn data_of(seed: u64) -> Data {
    let folder = tempfile::tempdir().unwrap();
    let (train, test) = (folder.path().join("sample.csv"), folder.path().join("sample_test.csv"));
    let parts = split_last_fifth(sample(seed, SAMPLE_DAYS));
    std::fs::write(&train, to_csv(&parts.0)).unwrap();
    std::fs::write(&test, to_csv(&parts.1)).unwrap();
    Data { folder, train, test }
}

fn ahead(seconds: i64) -> String {
    format!("return({seconds})")
}

/// The log, once it is so long.
async fn log_of(home: &Path, length: usize, node: &Node) -> Vec<Decision> {
    let decisions = Decisions::new(store_of(home));
    let begun = std::time::Instant::now();
    loop {
        let log = decisions.history("default").await.unwrap_or_default();
        if log.len() >= length {
            return log;
        }
        assert!(begun.elapsed() < PATIENCE, "{length} decisions are not made:\n{}", node.log());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The last decision of the log is about the newest data set, the pointer is what the log says, and it is served.
async fn assert_whole(home: &Path, node: &Node, length: usize) {
    let (objects, log) = (store_of(home), log_of(home, length, node).await);
    let newest = Datasets::new(objects.clone()).newest().await.unwrap().pop().unwrap();
    let last = log.last().unwrap();
    assert_eq!(
        (log.len(), &last.dataset_id, newest.seq),
        (length, &newest.dataset_id, length as u64),
        "{}",
        node.log()
    );
    let served = last.pointer.as_ref().expect("a first model is always promoted");
    let wanted = serde_json::json!(served.run_id);
    node.until("/debug/actors/promotion-watcher", |_, actor| actor["state"]["pointer"]["run_id"] == wanted).await;
    let FetchedPointer::New { pointer, .. } = Decisions::new(objects).pointer("default", None).await.unwrap() else {
        panic!("there is a pointer")
    };
    assert_eq!(*pointer, *served);
}

/// Runs one life of a node after another on the same folder, each with other data and another clock.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_set_between_its_lives_trains_judges_and_publishes_the_newest_data() {
    let (home, mut years) = (tempfile::tempdir().unwrap(), Vec::new());
    for (at, shift) in [0, HOUR, -HOUR, YEAR, -YEAR].into_iter().enumerate() {
        let data = data_of(at as u64 + 1);
        let node = node(home.path(), &[], &ahead(shift), Some(&data));
        node.until_ready().await;
        assert_whole(home.path(), &node, at + 1).await;
        let log = log_of(home.path(), at + 1, &node).await;
        years.push(log[at].timestamp[..4].parse::<i32>().unwrap());
        assert!(node.stop().success());
    }
    assert!(years[3] > years[0] && years[4] < years[0], "the clocks were set indeed: {years:?}");
}

/// One node whose clock jumps while it works, and works on.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_while_a_node_works_stops_neither_its_search_nor_its_lease_nor_its_judgement() {
    for jump in [HOUR, -HOUR, YEAR, -YEAR] {
        let (home, data) = (tempfile::tempdir().unwrap(), Data::synthetic());
        // the time is asked for when the data set is recorded, and often during its training and judgement
        let node = node(home.path(), &[], &format!("3*return(0)->return({jump})"), Some(&data));
        node.until_ready().await;
        assert_whole(home.path(), &node, 1).await;
        node.until("/debug/actors/evaluator", |_, actor| actor["state"]["last"] == "judged before").await;
        assert!(!node.log().contains("lease_lost"), "{}", node.log());
        assert!(node.stop().success());
    }
}

/// Machines whose clocks are a year apart share one store: data sets of one, runs of another, decisions of a third.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_whose_clocks_are_years_apart_work_on_the_same_series() {
    let homes: Vec<_> = (0..4).map(|_| tempfile::tempdir().unwrap()).collect();
    let hub_home = homes[0].path();
    let data = Data::synthetic();
    let hub = node(hub_home, &[("ROLES", "preprocess,inference")], &ahead(YEAR), Some(&data));
    let join = ("JOIN", hub_home.to_str().unwrap());
    let trainers = [
        node(homes[1].path(), &[("ROLES", "trainer"), join], &ahead(-YEAR), None),
        node(homes[2].path(), &[("ROLES", "trainer"), join], &ahead(HOUR), None),
    ];
    let _evaluator = node(homes[3].path(), &[("ROLES", "evaluator"), join], &ahead(-HOUR), None);
    assert_whole(hub_home, &hub, 1).await;
    let begun = trainers.iter().map(|node| node.log().matches("\"train_start\"").count()).sum::<usize>();
    assert_eq!(begun, 1, "the lease counts, whatever the clocks say");
}
