//! Readiness: every latch open and no drain; a closed one is named with its reason.

use std::time::Duration;

use flts::runtime::{Health, Latch};
use proptest::prelude::*;

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

/// What can happen to latches.
#[derive(Clone, Debug)]
enum Happening {
    /// An actor takes the latch of this name, as an instance that is started again does.
    Take(usize),
    /// Of all who have ever taken one and live, this one does something.
    Open(prop::sample::Index),
    Close(prop::sample::Index),
    Die(prop::sample::Index),
    Expect(usize),
    Drain,
}

const NAMES: [&str; 3] = ["model", "trainer", "broker"];

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let (name, owner) = (0..NAMES.len(), any::<prop::sample::Index>());
    let one = prop_oneof![
        4 => name.clone().prop_map(Happening::Take),
        6 => owner.clone().prop_map(Happening::Open),
        2 => owner.clone().prop_map(Happening::Close),
        2 => owner.prop_map(Happening::Die),
        1 => name.prop_map(Happening::Expect),
        1 => Just(Happening::Drain),
    ];
    prop::collection::vec(one, 1..80)
}

/// A latch as its owner sees it: whether it would be open if he is the last one who took it.
struct Owner {
    name: usize,
    nth: usize,
    latch: Latch,
}

proptest! {
    #[test]
    fn a_node_is_ready_exactly_when_the_last_owner_of_each_latch_has_it_open_and_it_does_not_drain(
        happenings in happenings(),
    ) {
        let health = Health::new();
        let mut owners: Vec<Owner> = Vec::new();
        // by name: its last owner, and whether that one has it open; in the order of the first taking
        let mut last: Vec<(usize, usize, bool)> = Vec::new();
        let (mut taken, mut draining) = (0, false);
        for happening in happenings {
            let (owner, open) = match &happening {
                Happening::Open(owner) => (Some(owner), true),
                Happening::Close(owner) | Happening::Die(owner) => (Some(owner), false),
                _ => (None, false),
            };
            if let Some(owner) = owner.filter(|_| !owners.is_empty()) {
                let at = owner.index(owners.len());
                let Owner { name, nth, latch } = &owners[at];
                last.iter_mut().filter(|it| (it.0, it.1) == (*name, *nth)).for_each(|it| it.2 = open);
                match happening {
                    Happening::Open(_) => latch.open(),
                    Happening::Close(_) => latch.close("a reason"),
                    _ => drop(owners.swap_remove(at)),
                }
            } else if let Happening::Take(name) | Happening::Expect(name) = happening {
                taken += 1;
                match last.iter_mut().find(|it| it.0 == name) {
                    Some(it) => *it = (name, taken, false),
                    None => last.push((name, taken, false)),
                }
                match happening {
                    Happening::Expect(_) => health.expect(&[NAMES[name]]),
                    _ => owners.push(Owner { name, nth: taken, latch: health.latch(NAMES[name]) }),
                }
            } else if matches!(happening, Happening::Drain) {
                draining = true;
                health.draining();
            }
            let readiness = health.ready();
            prop_assert_eq!(readiness.ready, last.iter().all(|it| it.2) && !draining);
            prop_assert_eq!(readiness.ready, readiness.waiting_for.is_empty());
            let latches: Vec<_> = last.iter().map(|it| (NAMES[it.0].to_owned(), it.2)).collect();
            prop_assert_eq!(health.latches(), latches);
            let named = readiness.waiting_for.iter().filter(|reason| !reason.starts_with("draining"));
            prop_assert_eq!(named.count(), last.iter().filter(|it| !it.2).count(), "each closed one is named");
        }
    }
}
