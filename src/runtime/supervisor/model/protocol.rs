//! The supervisor protocol, model-checked: start, exit, restart, stop, partial stop and give-up race each other in every order.
//!
//! The state is the real [`Tree`](super::tree::Tree) and what a driver that obeys it sees: instances that live, words of theirs that are
//! still on their way to the driver, and time in ticks. Budgets and windows are small, so that every interleaving up to the last tick is
//! visited. That the check sees anything is checked too: each [`Mutation`] of the protocol must break the property that is there for it.
//!
//! - `world`: the driver's side, and its mutations.
//! - `properties`: what must hold.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher};

use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::runtime::actor::{Exit, Phase};

use super::properties;
use super::properties::{
    DEAD_ARE_DEAD, GONE_IS_KNOWN, LIVES_ONCE, ONLY_WITH_PARTIAL_STOPS, REST_UNTOUCHED, STOPPED_FOR_GOOD,
};
use super::world::{CHILDREN, Instance, LAST_TICK, Mutation, NEIGHBOUR, TICK, Word, World, at};

/// What can happen next.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// An instance ends, whatever the reason.
    Ends {
        child: usize,
        generation: u64,
    },
    /// The driver hears the next word of an instance.
    Hears {
        child: usize,
        generation: u64,
    },
    /// The driver finds an instance silent for too long.
    FindsHung {
        child: usize,
    },
    /// Something that outlives a dead instance says a word in its name.
    DeadSpeaks {
        child: usize,
        generation: u64,
    },
    Tick,
    Stop,
    StopPart(&'static str),
}

/// A world with its key, by which the checker knows it again.
#[derive(Clone)]
struct State {
    world: World,
    key: String,
}

impl State {
    fn of(world: World) -> State {
        State { key: world.key(), world }
    }
}

impl PartialEq for State {
    fn eq(&self, other: &State) -> bool {
        self.key == other.key
    }
}

impl Eq for State {}

impl Hash for State {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.key.hash(hasher);
    }
}

impl fmt::Debug for State {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.key)
    }
}

struct Protocol {
    mutation: Option<Mutation>,
    extras: Extras,
}

/// What else may happen in a check: one of them at a time keeps it to seconds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extras {
    PartialStops,
    WordsOfTheDead,
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
                // the neighbour is there to be left alone
                if instance.lives && (child != NEIGHBOUR || instance.told) {
                    steps.push(Step::Ends { child, generation });
                }
                if !instance.words.is_empty() {
                    steps.push(Step::Hears { child, generation });
                }
                let may_speak = self.extras == Extras::WordsOfTheDead && !world.dead_has_spoken;
                if child == 0 && !instance.lives && may_speak {
                    steps.push(Step::DeadSpeaks { child, generation });
                }
            }
        }
        // one hang is enough: it escalates, and a node goes down once
        let hangs = |child: &usize| {
            let member = &world.tree.members()[*child];
            *child == 0 && member.there && member.phase == Phase::Running && !world.is_to_stop(*child)
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
            Step::Hears { child, generation } => world.hear(child, generation),
            Step::FindsHung { child } => {
                let hung = Exit::Unresponsive { thread: None, silent_for: TICK };
                world.tree.unresponsive(child, hung, at(world.tick));
                world.obey();
            }
            Step::DeadSpeaks { child, generation } => {
                world.dead_has_spoken = true;
                let dead = world.instances[child].iter_mut().filter(|known| known.generation == generation);
                dead.for_each(|instance| instance.words.push(Word::Leaving));
            }
            Step::Tick => {
                world.tick += 1;
                world.obey();
            }
            Step::Stop => world.ask_to_stop(),
            Step::StopPart(group) => world.ask_to_stop_part(group),
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
    holds(Extras::WordsOfTheDead);
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
    catches(Mutation::IgnoresGenerations, Extras::WordsOfTheDead, DEAD_ARE_DEAD);
}

#[test]
fn a_driver_that_forgets_to_tell_who_is_gone_is_caught() {
    catches(Mutation::DropsLastWords, Extras::PartialStops, GONE_IS_KNOWN);
}

#[test]
fn a_driver_that_takes_those_told_to_drain_for_gone_is_caught() {
    catches(Mutation::TakesToldForGone, Extras::PartialStops, LIVES_ONCE);
}

#[test]
fn a_driver_that_stops_more_than_it_was_asked_to_is_caught() {
    catches(Mutation::StopsAllForAPart, Extras::PartialStops, REST_UNTOUCHED);
}

#[test]
fn a_tree_that_does_not_remember_who_is_to_stop_for_good_is_caught() {
    catches(Mutation::ForgetsWhoLeaves, Extras::PartialStops, STOPPED_FOR_GOOD);
}
