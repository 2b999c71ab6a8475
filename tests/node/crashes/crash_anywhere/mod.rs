//! Killed at any place between two writes and started again, a node comes to the same end, and leaves nothing behind.
//!
//! Every fault point once; `CRASH_ROUNDS=3` kills three times at each (`make test-crash`), `CRASH_POINT=name` at one alone.

mod client;
mod layout;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use flts::kafka::{MODEL_SELECTED, ModelSelected};
use flts::node::fault_points::FAULT_POINTS;
use flts::storage::BUCKETS;
use layout::Contents;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;
use tokio::sync::Semaphore;
use world::World;

use crate::common::Node;

/// Four nodes at the same time, whichever test they belong to: most of the time a node waits for its group.
static NODES: Semaphore = Semaphore::const_new(4);

/// What leads a node to a fault point.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    /// The first data set.
    First,
    /// A second data set, whose winner replaces the champion of the first.
    Second,
    /// A record that nobody can use.
    BadRecord,
    /// Many claims of a series that has no model.
    NoModel,
    /// Another client of its store.
    Client,
}

/// A fault point, how a node gets there, and at which pass it dies, round after round.
#[derive(Clone, Debug)]
struct Case {
    point: &'static str,
    way: Way,
    passes: &'static [u32],
}

/// Two trainings pass a fault point of artifacts first, and then the families that the evaluator fits.
const TRAININGS: &[u32] = &[1, 2];
const FITTED_IN_ROUND: &[u32] = &[3, 5, 4];

/// One case at least for every fault point.
fn cases() -> Vec<Case> {
    let case = |point, way, passes| Case { point, way, passes };
    let of = |point: &'static str| match point {
        "artifact-weights-stored" | "artifact-stored" | "run-recorded" => {
            vec![case(point, Way::First, TRAININGS), case(point, Way::First, FITTED_IN_ROUND)]
        }
        "checkpoint-stored" | "checkpoint-removed" | "training-event-sent" => vec![case(point, Way::First, TRAININGS)],
        "intake-train-removed" | "intake-test-stored" | "decision-appended" | "pointer-written" => {
            vec![case(point, Way::First, &[1]), case(point, Way::Second, &[1])]
        }
        // the second start tells and loads the champion of the first, too
        "promotion-told" | "model-warmed" => vec![case(point, Way::First, &[1]), case(point, Way::Second, &[2, 1])],
        "dead-letter-sent" => vec![case(point, Way::BadRecord, &[1])],
        "claim-parked" => vec![case(point, Way::NoModel, &[1])],
        "store-bucket-created" | "store-bucket-synced" => vec![case(point, Way::First, &[1, 3, 5])],
        "store-object-removed" | "store-removal-synced" => vec![case(point, Way::Second, &[1])],
        "store-part-stored"
        | "store-parts-joined"
        | "store-upload-completed"
        | "store-parts-removed"
        | "store-bucket-removed" => vec![case(point, Way::Client, &[1])],
        // every write of the whole loop passes the others of the store
        point if point.starts_with("store-") => vec![case(point, Way::First, &[9, 1, 20])],
        point => vec![case(point, Way::First, &[1])],
    };
    let only = std::env::var("CRASH_POINT").ok();
    FAULT_POINTS
        .iter()
        .filter(|point| only.as_ref().is_none_or(|only| only == *point))
        .flat_map(|point| of(point))
        .collect()
}

fn rounds() -> usize {
    std::env::var("CRASH_ROUNDS").map_or(1, |rounds| rounds.parse().expect("CRASH_ROUNDS is a number"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_at_any_fault_point_ends_with_every_result_once_and_nothing_left_behind() {
    let served = Arc::new(served_once().await);
    let cases = cases();
    let plan = (0..rounds()).flat_map(|round| {
        cases.iter().map(move |case| (case.way, format!("{}#{}", case.point, case.passes[round % case.passes.len()])))
    });
    all(plan.map(|(way, place)| {
        let served = served.clone();
        (format!("{way:?} {place}"), async move {
            let world = if way == Way::Second { World::after(&served) } else { World::new() };
            match way {
                Way::BadRecord => world.die_of_a_bad_record(&place).await,
                Way::NoModel => world.die_of_claims_without_a_model(&place).await,
                Way::Client => world.die_under_a_client(&place).await,
                Way::First | Way::Second => world.die_at(&place).await,
            }
            assert_recovers(&world, way).await;
        })
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_killed_again_while_it_recovers_ends_the_same() {
    let chain: Vec<&str> = FAULT_POINTS
        .iter()
        .copied()
        .filter(|point| !point.starts_with("store-") && !["dead-letter-sent", "claim-parked"].contains(point))
        .collect();
    // the list is in the order in which a node passes them, so that whatever comes later is on the way of the recovery
    let mut pairs: Vec<_> = chain
        .iter()
        .enumerate()
        .flat_map(|(at, first)| chain[at + 1..].iter().map(move |second| (*first, *second)))
        .collect();
    pairs.shuffle(&mut StdRng::seed_from_u64(4));
    let pairs = pairs.into_iter().take(3 * rounds());
    all(pairs.map(|(first, second)| {
        (format!("{first}, then {second}"), async move {
            let world = World::new();
            world.die_at(first).await;
            world.die_at(second).await;
            assert_recovers(&world, Way::First).await;
        })
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_of_files_that_was_half_replaced_is_never_learned_from() {
    let _permit = NODES.acquire().await.unwrap();
    let world = World::after(&served_once().await);
    world.die_at("intake-test-stored").await;
    let node = world.start_without_files();
    let told = node.await_line("waiting_for_input");
    assert!(told.contains("sample.csv"), "{told}");
    node.until("/readyz", |status, _| status == 200).await;
    assert_eq!(Contents::read(&world.home()).await.served().1, 1, "the model of the whole pair is still served");
    node.kill();
    assert_recovers(&world, Way::Second).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promotion_that_a_crash_kept_quiet_is_told_once_after_the_restart() {
    let _permit = NODES.acquire().await.unwrap();
    let world = World::new();
    world.die_at("pointer-written").await;
    let node = world.start();
    until_quiet(&node, 1).await;
    let told = world.heard_until_now(MODEL_SELECTED).await;
    assert_eq!(told.len(), 1, "many gap searches went by, and none of them told it again");
    assert_eq!(ModelSelected::parse(&told[0]).unwrap().generation, Some(1));
    node.kill();
}

/// A world with one promotion, whose node was killed while it was idle.
async fn served_once() -> World {
    let world = World::new();
    let node = world.start();
    until_quiet(&node, 1).await;
    node.kill();
    world
}

/// Starts the node again and looks at everything that it and its store show.
async fn assert_recovers(world: &World, way: Way) {
    let promotions = if way == Way::Second { 2 } else { 1 };
    let node = world.start();
    until_quiet(&node, promotions as u64).await;
    let client = client::connect(&world.home());
    if way == Way::Client {
        client::come_and_go(&client).await.unwrap();
    }
    assert_eq!(client::buckets(&client).await, BTreeSet::from(BUCKETS.map(str::to_owned)));
    Contents::settled(&world.home()).await;
    let contents = Contents::read(&world.home()).await;
    contents.assert_whole(promotions);
    contents.assert_alone_on_disk(&world.home());
    let (run_id, generation) = contents.served();
    assert_eq!(generation, promotions as u64);
    let (status, answer) = node.post("/predict", &world.request()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!((answer["run_id"].as_str(), answer["generation"].as_u64()), (Some(&*run_id), Some(generation)));
    node.kill();
}

/// Waits until the promotion is served, every claim and every event was heard again, and nobody has work.
async fn until_quiet(node: &Node, generation: u64) {
    node.until("/readyz", |status, _| status == 200).await;
    let watcher = "/debug/actors/promotion-watcher";
    node.until(watcher, |_, actor| actor["state"]["pointer"]["generation"] == generation).await;
    for (consumer, least) in
        [("training-claims-gru", 1), ("training-claims-lstm", 1), ("training-events", 2), ("inference-claims", 1)]
    {
        let heard = |actor: &Value| {
            let poll = &actor["state"]["poll"];
            poll["records"]["done"].as_u64() >= Some(least) && poll["in_flight"] == 0
        };
        node.until(&format!("/debug/actors/{consumer}"), |_, actor| heard(actor)).await;
    }
    let idle = |actor: &Value| {
        let state = &actor["state"];
        actor["freshness"] == "live" && state["judging"].is_null() && state["queued"] == 0
    };
    node.until("/debug/actors/evaluator", |_, actor| idle(actor)).await;
    node.until("/debug/actors/trainer", |_, actor| {
        actor["freshness"] == "live"
            && actor["state"]["running"] == serde_json::json!([])
            && actor["state"]["waiting"] == 0
    })
    .await;
}

/// Runs all of them, as many at once as there are permits, and names every one that failed.
async fn all<F: Future<Output = ()> + Send + 'static>(tasks: impl Iterator<Item = (String, F)>) {
    let running: Vec<_> = tasks
        .map(|(name, task)| {
            let task = tokio::spawn(async move {
                let _permit = NODES.acquire().await.unwrap();
                task.await;
            });
            (name, task)
        })
        .collect();
    assert!(!running.is_empty(), "no such fault point");
    let mut failed = Vec::new();
    for (name, task) in running {
        if task.await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "failed (see above): {failed:#?}");
}
