//! A panic in a worker loses only its batch: everybody else is served, and nobody waits for a deadline.

use std::time::{Duration, SystemTime};

use flts_soak::panics::{break_worker, died_with_worker};
use flts_soak::{Ask, Backpressure, Connections, OpenLoop, Peer};
use serde_json::Value;
use tokio::time::MissedTickBehavior;

use crate::common::{Data, Node, PATIENCE};

const PANICS: usize = 25;
const BETWEEN_PANICS: Duration = Duration::from_millis(200);
const RATE: f64 = 200.0;
/// Far above what a forecast takes, far below the deadline of a request (30 s).
const SOON: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_panic_in_a_worker_loses_only_its_batch() {
    let (data, home) = (Data::synthetic(), tempfile::tempdir().unwrap());
    let node = Node::start(home.path(), &[("INFERENCE_WORKERS", "2")], Some(&data));
    node.until_ready().await;
    // the claim of the data set is the only work that is no request: after it, every panic strikes one
    let is_done = |poll: &Value| poll["records"]["done"].as_u64() >= Some(1) && poll["in_flight"] == 0;
    node.until("/debug/actors/inference-claims", |_, actor| is_done(&actor["state"]["poll"])).await;
    let peer = Peer::new(&node.base, Connections::Kept, PATIENCE).unwrap();
    let load = OpenLoop::start(peer.clone(), Ask::predict(&data.request(30)), Backpressure::steady(RATE));

    let mut pauses = tokio::time::interval(BETWEEN_PANICS);
    // a worker that has just died cannot be broken
    pauses.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for _ in 0..PANICS {
        pauses.tick().await;
        let armed = SystemTime::now();
        break_worker(&peer, "panic").await.unwrap();
        let struck = load.first(|answer| died_with_worker(answer) && answer.at > armed);
        assert!(tokio::time::timeout(SOON, struck).await.is_ok(), "no batch is broken\n{}", node.log());
        let broken = SystemTime::now();
        let served = load.first(|answer| answer.outcome.is_good() && answer.at > broken);
        assert!(tokio::time::timeout(SOON, served).await.is_ok(), "nobody is served after a panic\n{}", node.log());
    }

    let answers = load.finish().await;
    let failed: Vec<_> = answers.iter().filter(|answer| !answer.outcome.is_good()).collect();
    println!("{} requests, {} failed", answers.len(), failed.len());
    assert!(!failed.is_empty(), "each panic struck with a batch in hand");
    assert!(failed.iter().all(|answer| died_with_worker(answer)), "{failed:?}\n{}", node.log());
    assert!(failed.iter().all(|answer| answer.took < SOON), "nobody waits for a deadline: {failed:?}");
    let pool = node.actor("inference-pool").await;
    assert_eq!(pool["generation"], 1, "the pool itself goes on: {pool}");
    let metrics = node.text("/metrics").await;
    let counted = format!("flts_actor_restarts_total{{actor=\"inference-worker\",cause=\"panicked\"}} {PANICS}");
    assert!(metrics.contains(&counted), "{metrics}");
}
