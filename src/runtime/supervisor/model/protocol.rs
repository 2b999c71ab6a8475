//! The supervisor protocol, model-checked: start, exit, restart, stop, partial stop and give-up race each other in every order.
//!
//! The state is the real [`Tree`](crate::runtime::supervisor::tree::Tree) and what a driver that runs its actions sees: living instances,
//! events of theirs that have not reached the driver, and time in ticks. Budgets and windows are small, so that every interleaving up to
//! the last tick is visited. The check itself is tested too: each [`Mutation`] of the protocol must break the property that is there for
//! it.

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::runtime::lifecycle::{Exit, Phase};

use super::properties;
use super::properties::{
    GONE_IS_KNOWN, LATE_EVENTS_ARE_IGNORED, LIVES_ONCE, ONLY_WITH_PARTIAL_STOPS, REST_UNTOUCHED, STOPPED_FOR_GOOD,
};
use super::state::{Extras, Protocol, State};
use super::world::{CHILDREN, Instance, InstanceEvent, LAST_TICK, Mutation, NEIGHBOUR, TICK, World, at};

/// What can happen next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// An instance ends, whatever the reason.
    Ends {
        child: usize,
        generation: u64,
    },
    /// The driver gets the next event of an instance.
    Delivers {
        child: usize,
        generation: u64,
    },
    /// The driver finds an instance unresponsive.
    FindsHung {
        child: usize,
    },
    /// Something that outlives an ended instance, such as a detached task that panics, sends an event in its name.
    LateEvent {
        child: usize,
        generation: u64,
    },
    Tick,
    Stop,
    StopPart(&'static str),
}

impl Model for Protocol {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::of(World::first(self.mutation))]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        let world = &state.world;
        for (child, instances) in world.instances.iter().enumerate() {
            for instance in instances {
                let generation = instance.generation;
                // the neighbour must be left alone
                if instance.lives && (child != NEIGHBOUR || instance.asked_to_stop) {
                    steps.push(Step::Ends { child, generation });
                }
                if !instance.pending.is_empty() {
                    steps.push(Step::Delivers { child, generation });
                }
                let may_send_late = self.extras == Extras::LateEvents && !world.late_event_sent;
                if child == 0 && !instance.lives && may_send_late {
                    steps.push(Step::LateEvent { child, generation });
                }
            }
        }
        // one hang is enough: the tree escalates once
        let hangs = |child: &usize| {
            let member = &world.tree.children()[*child];
            *child == 0 && member.has_instance && member.phase == Phase::Running && !world.is_to_stop(*child)
        };
        steps.extend((0..CHILDREN.len()).filter(hangs).map(|child| Step::FindsHung { child }));
        if world.tick < LAST_TICK {
            steps.push(Step::Tick);
        }
        if world.stop.is_none() {
            steps.push(Step::Stop);
            if self.extras == Extras::PartialStops && world.part.is_none() {
                steps.extend(["one", "two"].map(Step::StopPart));
            }
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut world = state.world.clone();
        match step {
            Step::Ends { child, generation } => {
                let ended = world.instances[child].iter_mut().filter(|known| known.generation == generation);
                ended.for_each(Instance::end);
            }
            Step::Delivers { child, generation } => world.deliver(child, generation),
            Step::FindsHung { child } => {
                let hung = Exit::Unresponsive { thread: None, silent_for: TICK };
                world.tree.unresponsive(child, hung, at(world.tick));
                world.run_actions();
            }
            Step::LateEvent { child, generation } => {
                world.late_event_sent = true;
                let dead = world.instances[child].iter_mut().filter(|known| known.generation == generation);
                dead.for_each(|instance| instance.pending.push(InstanceEvent::Ending));
            }
            Step::Tick => {
                world.tick += 1;
                world.run_actions();
            }
            Step::Stop => world.request_stop(),
            Step::StopPart(group) => world.request_partial_stop(group),
        }
        Some(State::of(world))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::properties()
    }
}

/// Every property of the unharmed protocol.
fn holds(extras: Extras) {
    let checker = Protocol { mutation: None, extras }.checker().threads(2).spawn_bfs().join();
    eprintln!("{} states", checker.unique_state_count());
    let only_with = |name: &str| extras == Extras::PartialStops || !ONLY_WITH_PARTIAL_STOPS.contains(&name);
    for property in properties::properties().iter().filter(|property| only_with(property.name)) {
        match property.expectation.discovery_is_failure() {
            true => checker.assert_no_discovery(property.name),
            false => _ = checker.assert_any_discovery(property.name),
        }
    }
    assert!(checker.unique_state_count() > 10_000, "only {} states were visited", checker.unique_state_count());
}

#[test]
fn the_protocol_holds_in_every_order_of_events() {
    holds(Extras::PartialStops);
}

#[test]
fn the_protocol_holds_whenever_the_dead_speak() {
    holds(Extras::LateEvents);
}

/// The check of a mutated protocol must find a counterexample for this property.
fn catches(mutation: Mutation, extras: Extras, property: &'static str) {
    let found = HasDiscoveries::AllOf(BTreeSet::from([property]));
    let protocol = Protocol { mutation: Some(mutation), extras };
    let checker = protocol.checker().threads(2).finish_when(found).spawn_bfs().join();
    assert!(
        checker.discovery(property).is_some(),
        "{mutation:?} went unseen in {} states",
        checker.unique_state_count()
    );
}

#[test]
fn a_driver_that_takes_every_word_for_one_of_the_present_instance_is_caught() {
    catches(Mutation::IgnoresGenerations, Extras::LateEvents, LATE_EVENTS_ARE_IGNORED);
}

#[test]
fn a_driver_that_forgets_to_tell_who_is_gone_is_caught() {
    catches(Mutation::DropsLastEvents, Extras::PartialStops, GONE_IS_KNOWN);
}

#[test]
fn a_driver_that_takes_those_told_to_drain_for_gone_is_caught() {
    catches(Mutation::TakesDrainingForExited, Extras::PartialStops, LIVES_ONCE);
}

#[test]
fn a_driver_that_stops_more_than_it_was_asked_to_is_caught() {
    catches(Mutation::StopsAllForAPart, Extras::PartialStops, REST_UNTOUCHED);
}

#[test]
fn a_tree_that_does_not_remember_who_is_to_stop_for_good_is_caught() {
    catches(Mutation::ForgetsStopsForGood, Extras::PartialStops, STOPPED_FOR_GOOD);
}
