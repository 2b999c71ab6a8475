//! Readiness: every latch open and no drain; a closed one is named with its reason.

use std::time::Duration;

use flts::runtime::Health;

fn waiting_for(health: &Health) -> Vec<String> {
    let readiness = health.ready();
    assert_eq!(readiness.ready, readiness.waiting_for.is_empty());
    readiness.waiting_for
}

#[test]
fn a_node_is_ready_when_all_latches_are_open() {
    let health = Health::new();
    let (model, broker) = (health.latch("model"), health.latch("broker"));
    assert_eq!(waiting_for(&health), ["model: starting", "broker: starting"]);
    broker.open();
    model.close("nothing is promoted yet");
    assert_eq!(waiting_for(&health), ["model: nothing is promoted yet"]);
    model.open();
    assert!(health.ready().ready);
    broker.close("cannot connect");
    assert_eq!(waiting_for(&health), ["broker: cannot connect"]);
}

#[test]
fn a_declared_latch_holds_the_node_back_before_its_actor_exists() {
    let health = Health::new();
    health.expect(&["model"]);
    assert_eq!(waiting_for(&health), ["model: not running"]);
    let model = health.latch("model");
    model.open();
    assert!(health.ready().ready);
    assert_eq!(health.latches(), [("model".to_owned(), true)], "declared and taken is one latch");
}

#[test]
fn a_latch_closes_when_its_owner_dies() {
    let health = Health::new();
    let model = health.latch("model");
    model.open();
    drop(model);
    assert_eq!(waiting_for(&health), ["model: not running"]);
}

#[test]
fn the_late_end_of_an_earlier_owner_does_not_close_its_successors_latch() {
    let health = Health::new();
    let earlier = health.latch("model");
    let successor = health.latch("model");
    successor.open();
    earlier.close("I was first");
    drop(earlier);
    assert!(health.ready().ready);
}

#[test]
fn a_draining_node_is_never_ready_again() {
    let health = Health::new();
    let model = health.latch("model");
    model.open();
    health.clone().draining();
    assert_eq!(waiting_for(&health), ["draining: the node is stopping"]);
    model.open();
    assert!(!health.ready().ready);
}

#[tokio::test]
async fn becoming_ready_can_be_awaited() {
    let health = Health::new();
    let model = health.latch("model");
    let waited = tokio::time::timeout(Duration::from_secs(20), async {
        tokio::join!(biased; health.until_ready(), async { model.open() });
    });
    assert_eq!(waited.await, Ok(()));
    health.until_ready().await;
}
