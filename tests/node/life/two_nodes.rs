//! A second process joins the first: it serves its promotions, and serves on while the first is away.

use std::fs;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use flts_soak::{Ask, Backpressure, Connections, OpenLoop, Peer};
use nix::sys::signal::{Signal, kill};
use serde_json::Value;

use crate::common::shell::{flts, scoreboard};
use crate::common::spawned::Spawned;
use crate::common::{Data, Node, PATIENCE, brokers_of, store_access};

/// From a decision to the first answer that it made.
const PROMPT: Duration = Duration::from_secs(2);

fn joined_to(first: &Path, home: &Path) -> Node {
    Node::start(home, &[("ROLES", "inference"), ("JOIN", first.to_str().unwrap())], None)
}

/// Promotes by hand; gives the generation and when it was decided.
fn promote(data_dir: &Path, run_id: &str) -> (u64, DateTime<Utc>) {
    let decision = flts(data_dir, &["promotion", "set", run_id, "--why", "a test", "--json"]).json();
    let decided = decision["timestamp"].as_str().unwrap().parse().unwrap();
    (decision["generation"].as_u64().unwrap(), decided)
}

/// When this generation first answered.
async fn first_answer_of(load: &OpenLoop, generation: u64) -> DateTime<Utc> {
    let answer = tokio::time::timeout(PATIENCE, load.first(|answer| answer.kept == generation)).await;
    answer.unwrap_or_else(|_| panic!("generation {generation} was never served")).at.into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_joined_node_serves_promotions_in_two_seconds_and_serves_on_while_the_first_is_killed_and_returns() {
    let (data, homes) = (Data::synthetic(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let [home, second_home] = [homes[0].path(), homes[1].path()];
    let first = Node::start(home, &[], Some(&data));
    first.until_ready().await;
    let second = joined_to(home, second_home);
    second.until_ready().await;
    let runs: Vec<String> = scoreboard(home).into_iter().map(|(_, run_id)| run_id).collect();
    let peer = Peer::new(&second.base, Connections::Kept, PATIENCE).unwrap();
    let load = OpenLoop::start(peer, Ask::predict(&data.request(30)), Backpressure::steady(40.0));

    let (generation, decided) = promote(home, &runs[1]);
    let took = first_answer_of(&load, generation).await - decided;
    println!("generation {generation} was served {} ms after its decision", took.num_milliseconds());
    assert!(took.to_std().unwrap() < PROMPT, "{took}");

    first.kill();
    let away = second.until("/debug/actors/joined-node", |_, actor| !actor["state"]["away"].is_null()).await;
    assert!(away["state"]["away"].as_str().unwrap().contains("object store"), "{away}");
    second.await_line("joined_node_away");
    // by now its poller sleeps for many seconds between two looks
    second.until("/debug/actors/promotion-watcher", |_, actor| actor["state"]["failures"].as_u64() >= Some(4)).await;
    assert_eq!(second.get("/readyz").await.0, 200, "it stays ready on the model it has");

    let first = Node::start(home, &[], None);
    second.until("/debug/actors/joined-node", |_, actor| actor["state"]["away"].is_null()).await;
    let (generation, decided) = promote(home, &runs[2]);
    let took = first_answer_of(&load, generation).await - decided;
    println!("generation {generation} was served {} ms after its decision", took.num_milliseconds());
    assert!(took.to_std().unwrap() < PROMPT, "{took}");
    let restarts = second.get("/debug/actors").await.1["actors"].clone();
    for actor in restarts.as_array().unwrap() {
        assert_eq!(actor["generation"], 1, "clients are redirected in place: {actor}");
    }

    let answers = load.finish().await;
    let failed: Vec<_> = answers.iter().filter(|answer| !answer.outcome.is_good()).collect();
    println!("{} requests, {} failed", answers.len(), failed.len());
    assert!(answers.len() > 200, "{}", answers.len());
    assert!(failed.is_empty(), "{failed:?}\n{}", second.log());
    assert_eq!(second.stop().code(), Some(0));
    assert_eq!(first.stop().code(), Some(0));
}

#[tokio::test]
async fn a_joined_trainer_trains_for_a_node_that_was_killed_and_came_back() {
    let (data, homes) = (Data::synthetic(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let [home, second_home] = [homes[0].path(), homes[1].path()];
    // no search for gaps: what is trained and judged was heard of on the topics
    let seldom = ("RECONCILE_INTERVAL_MS", "3600000");
    let others = [("ROLES", "preprocess,evaluator,inference"), ("EXPECTED_MODEL_TYPES", "GRU"), seldom];
    let first = Node::start(home, &others, Some(&data));
    let trainer = [("ROLES", "trainer"), ("MODEL_TYPE", "GRU"), ("JOIN", home.to_str().unwrap()), seldom];
    let second = Node::start(second_home, &trainer, None);
    first.until_ready().await;

    first.kill();
    second.await_line("joined_node_away");
    let first = Node::start(home, &others, None);
    second.await_line("joined_node_moved");
    // a claim on the new broker, which only a consumer that moved with it hears
    let (train, test) = (data.train.to_str().unwrap(), data.test.to_str().unwrap());
    let salted = ["preprocess", "--data", train, "--test", test, "--extra-hash-salt", "another"];
    assert!(flts(home, &salted).good().contains("written, claims published"));
    let judged = |actor: &Value| {
        actor["state"]["last"].as_str().is_some_and(|last| last.contains("promoted: ") || last.contains("refused: "))
    };
    first.until("/debug/actors/evaluator", |_, actor| judged(actor)).await;
    let history = flts(home, &["promotion", "history", "--json"]).json();
    assert_eq!(history.as_array().unwrap().len(), 2, "{history}");
    let consumer = second.actor("training-claims-gru").await;
    assert_eq!(consumer["generation"], 1, "it moved in place: {consumer}");

    first.kill();
    second.until("/debug/actors/joined-node", |_, actor| !actor["state"]["away"].is_null()).await;
    assert_eq!(second.stop().code(), Some(0), "it drains in time without a broker");
}

#[tokio::test]
async fn a_node_may_join_one_that_is_away_and_finds_it_when_it_returns() {
    let (data, homes) = (Data::synthetic(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let [home, second_home] = [homes[0].path(), homes[1].path()];
    let first = Node::start(home, &[], Some(&data));
    first.until_ready().await;
    first.kill();
    let second = joined_to(home, second_home);
    second.until("/debug/actors/joined-node", |_, actor| !actor["state"]["away"].is_null()).await;
    assert_eq!(second.get("/readyz").await.0, 503, "it has no model yet");
    let _first = Node::start(home, &[], None);
    second.until_ready().await;
}

#[tokio::test]
async fn a_joined_node_that_hangs_is_told_as_away_until_it_goes_on() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let first = Node::start(homes[0].path(), &[], None);
    let second = joined_to(homes[0].path(), homes[1].path());
    second.until_running("joined-node").await;
    first.halt().await;
    second.until("/debug/actors/joined-node", |_, actor| !actor["state"]["away"].is_null()).await;
    kill(first.pid(), Signal::SIGCONT).unwrap();
    second.until("/debug/actors/joined-node", |_, actor| actor["state"]["away"].is_null()).await;
    second.await_line("joined_node_back");
}

#[tokio::test]
async fn a_node_waits_for_the_one_it_joins_whose_file_may_be_half_written() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [home, second_home] = [homes[0].path().to_owned(), homes[1].path().to_owned()];
    fs::write(home.join("node.json"), "{\"http\":").unwrap();
    let waiting = Spawned::run(&second_home, &[("ROLES", "inference"), ("JOIN", home.to_str().unwrap())]);
    let line = waiting.await_line("waiting_for_node");
    assert!(line.contains("node.json") && line.contains("not complete"), "{line}");

    let first = Node::start(&home, &[], None);
    waiting.await_line("service_start");
    assert_eq!(waiting.terminate().code(), Some(0));
    assert_eq!(first.stop().code(), Some(0));
}

#[test]
fn a_signal_ends_the_wait_for_a_node() {
    let homes = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let waiting = Spawned::run(homes[0].path(), &[("JOIN", homes[1].path().to_str().unwrap())]);
    let line = waiting.await_line("waiting_for_node");
    assert!(line.contains("start a node with that DATA_DIR"), "{line}");
    assert_eq!(waiting.terminate().code(), Some(0));
}

#[tokio::test]
async fn the_addresses_in_node_json_work_as_settings_too() {
    let (data, homes) = (Data::synthetic(), [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()]);
    let first = Node::start(homes[0].path(), &[], Some(&data));
    first.until_ready().await;
    let ([endpoint_url, access_key, secret_key], brokers) =
        (store_access(homes[0].path()), brokers_of(homes[0].path()));
    let env = [
        ("ROLES", "inference"),
        ("KAFKA_BOOTSTRAP_SERVERS", brokers.as_str()),
        ("S3_ENDPOINT_URL", endpoint_url.as_str()),
        ("AWS_ACCESS_KEY_ID", access_key.as_str()),
        ("AWS_SECRET_ACCESS_KEY", secret_key.as_str()),
    ];
    let second = Node::start(homes[1].path(), &env, None);
    second.until_ready().await;
    let (status, answer) = second.post("/predict", &data.request(30)).await;
    assert_eq!((status, answer["generation"].as_u64()), (200, Some(1)), "{answer}");

    let third = tempfile::tempdir().unwrap();
    let refused = flts(third.path(), &["run", "--join", homes[1].path().to_str().unwrap()]);
    assert!(refused.bad(1).contains("uses an object store that was configured for it"), "{refused:?}");
}
