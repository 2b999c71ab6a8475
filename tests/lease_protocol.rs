//! The lease protocol, model-checked: two nodes read, take, renew, give back, die and stall in every order, and never both hold the
//! lease, unless one of them was stalled for all of its time.
//!
//! The policy is the real one; the store of the model knows compare-and-set and nothing else. That the check sees anything is checked
//! too: an observer who takes a lease too early must be found out.
#![allow(clippy::unwrap_used, reason = "a broken assumption ends the test")]

use std::time::Duration;

use flts::storage::{Ending, Holder, LeaseRecord, Standing};
use stateright::{Checker, HasDiscoveries, Model, Property};

const NODES: usize = 2;
/// How long a version counts.
const TTL: u64 = 3;
const LAST_EPOCH: u64 = 4;
const LAST_RENEWAL: u64 = 2;

#[derive(Clone, Copy)]
struct Protocol {
    /// How much earlier than it should an observer takes a lease for abandoned.
    impatience: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct World {
    /// The object and the number of its version.
    object: Option<(LeaseRecord, u64)>,
    nodes: [Node; NODES],
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    life: u64,
    /// The version that it saw last, and how long ago it saw that first: beyond the time of a lease, longer is the same.
    seen: Option<(u64, u64)>,
    /// It has read this version and is about to write over it; nothing where there was no object.
    about_to_take: Option<Option<u64>>,
    held: Option<Held>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Held {
    record: LeaseRecord,
    version: u64,
    /// How long ago the last write that the store confirmed was begun.
    confirmed_ago: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Tick,
    Read(usize),
    Take(usize),
    Renew(usize),
    GiveBack(usize, Ending),
    Dies(usize),
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn holder(node: usize, life: u64) -> Holder {
    Holder { node: node.to_string(), life: life.to_string() }
}

impl World {
    fn version(&self) -> Option<u64> {
        self.object.as_ref().map(|(_, version)| *version)
    }

    /// Writes over `expected`; the number of the new version, if that was still there.
    fn compare_and_set(&mut self, expected: Option<u64>, record: LeaseRecord) -> Option<u64> {
        if self.version() != expected {
            return None;
        }
        let version = expected.map_or(1, |version| version + 1);
        self.object = Some((record, version));
        Some(version)
    }

    fn read(&mut self, node: usize, impatience: u64) {
        let Some((record, version)) = self.object.clone() else {
            self.nodes[node].about_to_take = Some(None);
            return;
        };
        let seen = self.nodes[node].seen.filter(|(known, _)| *known == version);
        let (_, unchanged_for) = *self.nodes[node].seen.insert(seen.unwrap_or((version, 0)));
        let me = holder(node, self.nodes[node].life);
        if !matches!(record.standing(&me, ticks(unchanged_for + impatience)), Standing::Held(_)) {
            self.nodes[node].about_to_take = Some(Some(version));
        }
    }

    fn take(&mut self, node: usize, expected: Option<u64>) {
        self.nodes[node].about_to_take = None;
        let me = holder(node, self.nodes[node].life);
        let before = self.object.clone().map(|(record, _)| record);
        let record = LeaseRecord::taken(before.as_ref(), &me, ticks(TTL));
        if let Some(version) = self.compare_and_set(expected, record.clone()) {
            self.nodes[node].held = Some(Held { record, version, confirmed_ago: 0 });
        }
    }

    fn renew(&mut self, node: usize, held: Held) {
        let next = held.record.renewed();
        self.nodes[node].held = self.compare_and_set(Some(held.version), next.clone()).map(|version| Held {
            record: next,
            version,
            confirmed_ago: 0,
        });
    }

    fn tick(&mut self) {
        for node in &mut self.nodes {
            let seen = node.seen.as_mut().map(|(_, ago)| ago);
            let confirmed = node.held.as_mut().map(|held| &mut held.confirmed_ago);
            seen.into_iter().chain(confirmed).for_each(|ago| *ago = (*ago + 1).min(TTL));
        }
    }

    /// Those that have no reason to doubt that the lease is theirs.
    fn believers(&self) -> usize {
        let sure = |node: &&Node| node.held.as_ref().is_some_and(|held| held.confirmed_ago < TTL);
        self.nodes.iter().filter(sure).count()
    }
}

impl Model for Protocol {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::default()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        steps.push(Step::Tick);
        for (at, node) in world.nodes.iter().enumerate() {
            if node.held.is_some() {
                steps.extend([
                    Step::Renew(at),
                    Step::Dies(at),
                    Step::GiveBack(at, Ending::Orderly),
                    Step::GiveBack(at, Ending::Broken),
                ]);
            } else if node.about_to_take.is_some() {
                steps.push(Step::Take(at));
            } else {
                steps.push(Step::Read(at));
            }
        }
    }

    fn next_state(&self, before: &World, step: Step) -> Option<World> {
        let mut world = before.clone();
        match step {
            Step::Tick => world.tick(),
            Step::Read(node) => world.read(node, self.impatience),
            Step::Take(node) => {
                let expected = world.nodes[node].about_to_take?;
                world.take(node, expected);
            }
            Step::Renew(node) => {
                let held = world.nodes[node].held.take()?;
                world.renew(node, held);
            }
            Step::GiveBack(node, ending) => {
                let held = world.nodes[node].held.take()?;
                world.compare_and_set(Some(held.version), held.record.released(ending));
            }
            Step::Dies(node) => world.nodes[node] = Node { life: world.nodes[node].life + 1, ..Node::default() },
        }
        (world != *before).then_some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no two are sure of the lease", |_, world: &World| world.believers() <= 1),
            Property::always("of two who still hold it one has the newer epoch", |_, world: &World| {
                let [one, other] = world.nodes.each_ref().map(|node| node.held.as_ref().map(|held| held.record.epoch));
                one.is_none() || one != other
            }),
            Property::always("whoever holds it in the store is who took it last", |_, world: &World| {
                let Some((record, _)) = &world.object else { return true };
                world.nodes.iter().flat_map(|node| &node.held).all(|held| held.record.epoch <= record.epoch)
            }),
            Property::sometimes("a silent holder is replaced", |_, world: &World| {
                world.nodes.iter().all(|node| node.held.is_some())
            }),
            Property::sometimes("attempts that end with their process add up", |_, world: &World| {
                world.object.as_ref().is_some_and(|(record, _)| record.attempts == LAST_EPOCH as u32)
            }),
        ]
    }

    fn within_boundary(&self, world: &World) -> bool {
        let epoch = world.object.as_ref().map_or(0, |(record, _)| record.epoch);
        let renewals = world.object.as_ref().map_or(0, |(record, _)| record.renewals);
        epoch <= LAST_EPOCH && renewals <= LAST_RENEWAL
    }
}

#[test]
fn no_two_nodes_are_sure_of_a_lease_in_any_order_of_events() {
    let checker = Protocol { impatience: 0 }.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    println!("{} states", checker.unique_state_count());
}

#[test]
fn an_observer_who_takes_a_lease_too_early_is_found_out() {
    let checker = Protocol { impatience: 1 }.checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    let found = checker.spawn_bfs().join().discoveries();
    assert!(found.contains_key("no two are sure of the lease"), "{:?}", found.keys());
}
