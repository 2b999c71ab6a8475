//! The model check: records of a group with two members, under rebalances, crashes, lost commits and late acknowledgements in every order.
//!
//! Each member has the real [`Ledger`](crate::kafka::consumer::Ledger) and the real [`Revocation`](crate::kafka::consumer::Revocation).
//! A second test shows that the check notices faults: each [`Mutation`] must violate the property that guards against it.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model, Property};

use super::step::{Mutation, Step};
use super::world::World;

const PREFIX: &str = "nothing is committed before it and all below it is answered, parked or dead-lettered";
const FENCED: &str = "nothing is published after its partition was given up";
const SETTLED: &str = "in the end every record is answered, parked or dead-lettered, and committed";

struct Protocol {
    mutation: Option<Mutation>,
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::first(self.mutation)]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        world.steps(steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        let mut next = world.clone();
        next.take(step);
        // a step that changes nothing is a wait
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(PREFIX, |_, world: &World| world.commits_only_what_is_settled()),
            Property::always(FENCED, |_, world: &World| !world.published_after_revocation),
            Property::eventually(SETTLED, |_, world: &World| world.is_settled()),
            Property::sometimes("a member is still at work when its partition goes", |_, world: &World| {
                world.a_worker_holds_a_revoked_record()
            }),
            Property::sometimes("a record is answered twice", |_, world: &World| world.is_answered_twice()),
        ]
    }
}

#[test]
fn records_are_settled_before_they_are_committed_in_every_order_of_events() {
    let checker = Protocol { mutation: None }.checker().threads(2).spawn_dfs().join();
    eprintln!("{} states", checker.unique_state_count());
    checker.assert_properties();
    assert!(checker.unique_state_count() > 10_000, "only {} states were visited", checker.unique_state_count());
}

#[test]
fn each_broken_rule_is_noticed() {
    let catches = [
        (Mutation::CommitsTheHighest, PREFIX),
        (Mutation::CommitsBeforeTheDeadLetter, PREFIX),
        (Mutation::CommitsBeforeItIsParked, PREFIX),
        (Mutation::PublishesWhatItLost, FENCED),
        (Mutation::TrustsEveryCommit, SETTLED),
    ];
    for (mutation, property) in catches {
        let found = HasDiscoveries::AllOf(BTreeSet::from([property]));
        let protocol = Protocol { mutation: Some(mutation) };
        let checker = protocol.checker().threads(2).finish_when(found).spawn_bfs().join();
        assert!(checker.discovery(property).is_some(), "{mutation:?} was not noticed");
    }
}
