//! What a node asks its store for does not grow with its history: neither while nothing happens, nor for a judgement, nor at a restart.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use flts::forecast::{Family, Lineage, TrainSettings, TrainSignal, TrainingData, fit, sha256_hex};
use flts::storage::{Datasets, Decisions, ObjectStore, RunRecord, Runs};

use crate::common::any_store::AnyStore;
use crate::common::long_history;
use crate::common::lossy::Lossy;
use crate::common::{Data, Node, PATIENCE};

/// A search each second, so that a test sees several.
const SETTINGS: [(&str, &str); 4] =
    [("RECONCILE_INTERVAL_MS", "1000"), ("MODEL_TYPE", "GRU"), ("EXPECTED_MODEL_TYPES", "GRU"), ("MAX_STEPS", "30")];
/// How long a node is watched while nothing happens.
const WATCHED: Duration = Duration::from_secs(12);

/// Requests of a node whose store has a past.
#[derive(Debug)]
struct Costs {
    /// In one minute of an idle node, with one search a minute.
    idle_minute: usize,
    /// The same without the polls of the pointer and of the input files: one search of trainer and evaluator.
    search: usize,
    /// Objects that are read from a new run to its decision.
    judgement: usize,
    /// Objects that the next process reads until its first search has ended, besides the records of data sets: each of those is read
    /// once a process, to find the newest.
    restart: usize,
}

struct World {
    way: Lossy,
    store: AnyStore,
    home: tempfile::TempDir,
    data: Data,
}

impl World {
    fn node(&self) -> Node {
        let mut env = self.store.env().to_vec();
        env[0].1 = self.way.endpoint.clone();
        let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Node::start(self.home.path(), &[env.as_slice(), SETTINGS.as_slice()].concat(), Some(&self.data))
    }

    fn seen(&self) -> usize {
        self.way.requests().len()
    }
}

/// Whether a request is a poll: of an input file, or of the pointer by whoever has it.
fn is_poll(request: &str) -> bool {
    request.starts_with("GET /dataset/") || request.contains("/current.json")
}

/// The number of different objects that were read.
fn objects_read(requests: &[String]) -> usize {
    let read = |request: &String| request.starts_with("GET ") && !request.contains("list-type=2");
    let name = |request: &String| request.split('?').next().unwrap().to_owned();
    requests.iter().filter(|request| read(request)).map(name).collect::<BTreeSet<String>>().len()
}

/// Adds one more run of the newest data set, as a trainer with other settings would.
async fn add_run(objects: &ObjectStore) {
    let datasets = Datasets::new(objects.clone());
    let record = datasets.newest().await.unwrap().pop().unwrap();
    let train = datasets.load(&record).await.unwrap().train;
    let settings = TrainSettings { max_steps: Some(3), hidden_size: 4, ..TrainSettings::default() };
    let lineage = Lineage {
        run_id: String::new(),
        identifier: record.identifier.clone(),
        series: None,
        config_hash: record.config_hash.clone(),
        dataset_id: record.dataset_id.clone(),
        train_hash: sha256_hex(b"other settings"),
    };
    let data = TrainingData {
        train,
        measured: record.measured.clone(),
        targets: record.measured[..1].to_vec(),
        means: record.means.clone(),
        calendar: record.calendar,
    };
    let targets = data.targets.clone();
    let fitted = tokio::task::spawn_blocking(move || {
        fit(Family::GRU, &data, &settings, lineage, &mut |_| TrainSignal::GoOn).unwrap().named_by_content()
    });
    let artifact = fitted.await.unwrap();
    let runs = Runs::new(objects.clone());
    let saved = runs.save_artifact(&artifact).await.unwrap();
    let run = RunRecord::finished(&saved, &artifact.manifest.lineage, targets, Duration::from_secs(1));
    runs.finish(run).await.unwrap();
}

async fn until_decided(objects: &ObjectStore, seq: u64, node: &Node) {
    let (decisions, deadline) = (Decisions::new(objects.clone()), Instant::now() + PATIENCE);
    while decisions.find("default", seq).await.unwrap().is_none() {
        assert!(Instant::now() < deadline, "decision {seq} is not made:\n{}", node.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn until_judged_before(node: &Node) {
    node.until("/debug/actors/evaluator", |_, actor| actor["state"]["last"] == "judged before").await;
}

async fn costs_after(length: usize) -> Costs {
    let store = AnyStore::embedded().await;
    let direct = store.client();
    for bucket in flts::storage::BUCKETS {
        direct.ensure_bucket(bucket).await.unwrap();
    }
    long_history::write(&direct, length).await;
    let way = Lossy::before(&store.endpoint()).await;
    let world = World { way, store, home: tempfile::tempdir().unwrap(), data: Data::synthetic() };
    let first = length as u64 + 1;

    let node = world.node();
    node.until_ready().await;
    until_judged_before(&node).await;
    let before = world.seen();
    tokio::time::sleep(WATCHED).await;
    let idle = world.way.requests().split_off(before);
    let searches = idle.iter().filter(|request| request.contains("checkpoints")).count().max(1);
    let (polls, others): (Vec<&String>, Vec<&String>) = idle.iter().partition(|request| is_poll(request));
    let search = others.len().div_ceil(searches);
    let polls_a_minute = polls.len() * 60 / WATCHED.as_secs() as usize;

    add_run(&direct).await;
    let before = world.seen();
    until_decided(&direct, first + 1, &node).await;
    let judgement = objects_read(&world.way.requests().split_off(before));
    until_judged_before(&node).await;
    assert!(node.stop().success());

    let before = world.seen();
    let node = world.node();
    node.until_ready().await;
    until_judged_before(&node).await;
    let mut restart = world.way.requests().split_off(before);
    restart.retain(|request| !request.starts_with("GET /processed-data/default/"));
    let restart = objects_read(&restart);
    assert!(node.stop().success());
    Costs { idle_minute: polls_a_minute + search, search, judgement, restart }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_node_and_a_judgement_cost_no_more_requests_after_two_thousand_decisions_and_runs_than_after_ten() {
    let (short, long) = (costs_after(10).await, costs_after(2_000).await);
    println!("after 10: {short:?}\nafter 2,000: {long:?}");
    // how many polls fall into a time differs a little
    assert!(long.search <= short.search + 2, "after 10: {short:?}, after 2,000: {long:?}");
    assert!(long.idle_minute <= short.idle_minute + 15, "after 10: {short:?}, after 2,000: {long:?}");
    assert!(long.judgement <= short.judgement + 5, "after 10: {short:?}, after 2,000: {long:?}");
    assert!(long.restart <= short.restart + 5, "after 10: {short:?}, after 2,000: {long:?}");
}
