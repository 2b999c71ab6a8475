//! Readiness: every latch open and no drain; a closed one is named with its reason.

use std::time::Duration;

use flts::runtime::Health;
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

#[test]
fn a_dependency_that_is_away_is_named_and_does_not_take_a_node_that_can_serve_out_of_rotation() {
    let health = Health::new();
    let broker = health.dependency("broker");
    assert_eq!(health.ready().degraded, Vec::<String>::new(), "who has said nothing is not missed");
    broker.away("no answer from 127.0.0.1:9092");
    let readiness = health.ready();
    assert!(readiness.ready && readiness.waiting_for.is_empty());
    assert_eq!(readiness.degraded, ["broker: no answer from 127.0.0.1:9092 (away for 0 s)"]);
    assert_eq!(health.dependencies(), [("broker".to_owned(), false)]);
    assert!(health.latches().is_empty(), "it is no latch");
    broker.here();
    assert_eq!(health.ready().degraded, Vec::<String>::new());
}

#[test]
fn a_node_that_needs_its_dependencies_is_not_ready_while_one_is_away() {
    let health = Health::new();
    let (broker, store) = (health.dependency("broker"), health.dependency("object-store"));
    store.away("connection refused");
    health.need_dependencies();
    assert_eq!(waiting_for(&health), ["object-store: connection refused (away for 0 s)"]);
    broker.here();
    assert!(!health.ready().ready);
    store.here();
    assert!(health.ready().ready);
}

#[test]
fn a_dependency_is_away_while_any_voice_says_so_and_a_voice_that_is_gone_says_nothing() {
    let health = Health::new();
    let (one, other) = (health.dependency("broker"), health.dependency("broker"));
    one.away("the first");
    other.away("the second");
    assert_eq!(health.ready().degraded, ["broker: the first (away for 0 s)"], "who noticed first is quoted");
    one.here();
    assert_eq!(health.ready().degraded, ["broker: the second (away for 0 s)"]);
    drop(other);
    assert_eq!(health.dependencies(), [("broker".to_owned(), true)]);
}

/// Something that happens to one of the parts or to one of the voices.
#[derive(Clone, Copy, Debug)]
enum Happening {
    Take(usize),
    Open(usize),
    Close(usize),
    Die(usize),
    Away(usize),
    Here(usize),
    Leave(usize),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    use Happening::{Away, Close, Die, Here, Leave, Open, Take};
    let one = (0..7usize, 0..3usize).prop_map(|(what, which)| match what {
        0 => Take(which),
        1 => Open(which),
        2 => Close(which),
        3 => Die(which),
        4 => Away(which),
        5 => Here(which),
        _ => Leave(which),
    });
    prop::collection::vec(one, 0..60)
}

proptest! {
    /// Three parts, and three voices about two dependencies: voices 0 and 2 are about the same one.
    #[test]
    fn readiness_is_what_the_last_word_of_everybody_makes_it(happenings in happenings(), needs: bool) {
        let health = Health::new();
        let names = ["a", "b", "c"];
        health.expect(&names);
        if needs {
            health.need_dependencies();
        }
        let (mut latches, mut voices) = ([None, None, None], [0, 1, 2].map(|nth| Some(health.dependency(["x", "y"][nth % 2]))));
        let (mut open, mut away) = ([false; 3], [false; 3]);
        for happening in happenings {
            match happening {
                Happening::Take(which) => {
                    latches[which] = Some(health.latch(names[which]));
                    open[which] = false;
                }
                Happening::Open(which) => if let Some(latch) = &latches[which] {
                    latch.open();
                    open[which] = true;
                },
                Happening::Close(which) => if let Some(latch) = &latches[which] {
                    latch.close("asked to");
                    open[which] = false;
                },
                Happening::Die(which) => {
                    latches[which] = None;
                    open[which] = false;
                }
                Happening::Away(which) => if let Some(voice) = &voices[which] {
                    voice.away("asked to");
                    away[which] = true;
                },
                Happening::Here(which) => if let Some(voice) = &voices[which] {
                    voice.here();
                    away[which] = false;
                },
                Happening::Leave(which) => {
                    voices[which] = None;
                    away[which] = false;
                }
            }
            let readiness = health.ready();
            let gone = [away[0] || away[2], away[1]];
            prop_assert_eq!(readiness.degraded.len(), gone.iter().filter(|gone| **gone).count());
            prop_assert_eq!(health.dependencies(), [("x".to_owned(), !gone[0]), ("y".to_owned(), !gone[1])]);
            prop_assert_eq!(readiness.ready, open == [true; 3] && !(needs && (gone[0] || gone[1])));
            prop_assert_eq!(readiness.ready, readiness.waiting_for.is_empty());
        }
    }
}

#[test]
fn what_is_damaged_is_named_until_it_is_mended_and_keeps_nobody_from_work() {
    let health = Health::new();
    health.need_dependencies();
    let damage = health.damage();
    damage.found("b", "damaged: b: it is no JSON");
    damage.found("a", "damaged: a: it is empty");
    damage.found("a", "damaged: a: it is no JSON");
    let readiness = health.ready();
    assert!(readiness.ready, "{readiness:?}");
    assert_eq!(readiness.degraded, ["damaged: a: it is no JSON", "damaged: b: it is no JSON"]);
    damage.mended("a");
    damage.mended("never found");
    assert_eq!(health.ready().degraded, ["damaged: b: it is no JSON"]);
    for number in 0..100 {
        damage.found(&number.to_string(), number);
    }
    let degraded = health.ready().degraded;
    assert_eq!((degraded.len(), degraded[16].as_str()), (17, "and 85 more that are damaged"));
}
