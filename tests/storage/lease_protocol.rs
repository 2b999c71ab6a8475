//! The lease protocol, model-checked: two nodes read, take, renew, give back, die and stall in every order, and never both hold the
//! lease, unless one of them was stalled for all of its time. The store goes away and comes back, too, and whoever renews as soon as it is
//! back keeps what it has.
//!
//! The policy is the real one; the store of the model knows compare-and-set and nothing else. That the check sees anything is checked
//! too: an observer who takes a lease too early must be found out.

use std::time::Duration;

use flts::storage::{Ending, LeaseAvailability, LeaseOwner, LeaseRecord};
use stateright::{Checker, HasDiscoveries, Model, Property};

const NODES: usize = 2;
/// How long a version counts.
const TTL: u64 = 3;
const LAST_RENEWAL: u64 = 2;

#[derive(Clone, Copy)]
struct Protocol {
    /// How much earlier than it should an observer takes a lease for abandoned.
    impatience: u64,
    /// An observer counts time in which the store answered nobody.
    counts_outages: bool,
    /// Whether the store goes away at times.
    has_outages: bool,
    last_epoch: u64,
}

impl Protocol {
    const REAL: Protocol = Protocol { impatience: 0, counts_outages: false, has_outages: false, last_epoch: 4 };
    /// With fewer epochs, for outages make many more states.
    const WITH_OUTAGES: Protocol = Protocol { has_outages: true, last_epoch: 2, ..Protocol::REAL };
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct World {
    /// The object and the number of its version.
    object: Option<(LeaseRecord, u64)>,
    /// The store answers nobody.
    is_away: bool,
    nodes: [Node; NODES],
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct Node {
    life: u64,
    seen: Option<Seen>,
    /// It has read this version and is about to write over it; nothing where there was no object.
    about_to_take: Option<Option<u64>>,
    held: Option<Held>,
}

/// What a node saw last; beyond the time of a lease, longer is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Seen {
    version: u64,
    unchanged_for: Duration,
    since_last_look: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Held {
    record: LeaseRecord,
    version: u64,
    /// How long ago the last write that the store confirmed was begun.
    confirmed_ago: u64,
    /// For how much of that the store answered, and how often it came back.
    idle: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Tick,
    /// The store goes away, or comes back.
    Away,
    Read(usize),
    Take(usize),
    Renew(usize),
    GiveBack(usize, Ending),
    Dies(usize),
}

fn ticks(count: u64) -> Duration {
    Duration::from_millis(count)
}

fn holder(node: usize, life: u64) -> LeaseOwner {
    LeaseOwner { node: node.to_string(), life: life.to_string() }
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

    fn read(&mut self, node: usize, protocol: Protocol) {
        let Some((record, version)) = self.object.clone() else {
            self.nodes[node].about_to_take = Some(None);
            return;
        };
        let unchanged_for = match self.nodes[node].seen.filter(|known| known.version == version) {
            Some(known) if protocol.counts_outages => known.unchanged_for + ticks(known.since_last_look),
            Some(known) => record.seen_again(known.unchanged_for, ticks(known.since_last_look)),
            None => Duration::ZERO,
        };
        let unchanged_for = unchanged_for.min(ticks(TTL));
        self.nodes[node].seen = Some(Seen { version, unchanged_for, since_last_look: 0 });
        let me = holder(node, self.nodes[node].life);
        if !matches!(record.availability(&me, unchanged_for + ticks(protocol.impatience)), LeaseAvailability::Held(_)) {
            self.nodes[node].about_to_take = Some(Some(version));
        }
    }

    fn take(&mut self, node: usize, expected: Option<u64>) {
        self.nodes[node].about_to_take = None;
        let me = holder(node, self.nodes[node].life);
        let before = self.object.clone().map(|(record, _)| record);
        let record = LeaseRecord::acquired(before.as_ref(), &me, ticks(TTL));
        if let Some(version) = self.compare_and_set(expected, record.clone()) {
            self.nodes[node].held = Some(Held { record, version, confirmed_ago: 0, idle: 0 });
        }
    }

    fn renew(&mut self, node: usize, held: Held) {
        let next = held.record.renewed();
        self.nodes[node].held = self.compare_and_set(Some(held.version), next.clone()).map(|version| Held {
            record: next,
            version,
            confirmed_ago: 0,
            idle: 0,
        });
    }

    fn tick(&mut self) {
        for node in &mut self.nodes {
            let seen = node.seen.as_mut().map(|seen| &mut seen.since_last_look);
            let held = node.held.as_mut();
            let (confirmed, idle) = held.map(|held| (&mut held.confirmed_ago, &mut held.idle)).unzip();
            let idle = idle.filter(|_| !self.is_away);
            seen.into_iter().chain(confirmed).chain(idle).for_each(|ago| *ago = (*ago + 1).min(TTL));
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
        if self.has_outages {
            steps.push(Step::Away);
        }
        for (at, node) in world.nodes.iter().enumerate() {
            if world.is_away {
                if node.held.is_some() {
                    steps.push(Step::Dies(at));
                }
            } else if node.held.is_some() {
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
            Step::Away => {
                world.is_away = !world.is_away;
                // a store that is back may be written to at once
                let held = world.nodes.iter_mut().filter(|_| !world.is_away).filter_map(|node| node.held.as_mut());
                held.for_each(|held| held.idle = (held.idle + 1).min(TTL));
            }
            Step::Read(node) => world.read(node, *self),
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
            Property::always("nobody who renews when the store answers is replaced", |_, world: &World| {
                let Some((record, _)) = &world.object else { return true };
                // three renewals in its time, and the one that was due may have failed
                let is_diligent = |held: &&Held| held.idle < TTL - TTL / 3;
                let mut diligent = world.nodes.iter().flat_map(|node| &node.held).filter(is_diligent);
                diligent.all(|held| held.record.epoch == record.epoch)
            }),
            Property::sometimes("a silent holder is replaced", |_, world: &World| {
                world.nodes.iter().all(|node| node.held.is_some())
            }),
            Property::sometimes("attempts that end with their process add up", |protocol: &Protocol, world: &World| {
                world.object.as_ref().is_some_and(|(record, _)| u64::from(record.attempts) == protocol.last_epoch)
            }),
        ]
    }

    fn within_boundary(&self, world: &World) -> bool {
        let epoch = world.object.as_ref().map_or(0, |(record, _)| record.epoch);
        let renewals = world.object.as_ref().map_or(0, |(record, _)| record.renewals);
        epoch <= self.last_epoch && renewals <= LAST_RENEWAL
    }
}

#[test]
fn no_two_nodes_are_sure_of_a_lease_in_any_order_of_events() {
    for protocol in [Protocol::REAL, Protocol::WITH_OUTAGES] {
        let checker = protocol.checker().threads(2).spawn_bfs().join();
        checker.assert_properties();
        println!("{} states", checker.unique_state_count());
    }
}

#[test]
fn an_observer_who_takes_a_lease_too_early_is_found_out() {
    let checker =
        Protocol { impatience: 1, ..Protocol::REAL }.checker().threads(2).finish_when(HasDiscoveries::AnyFailures);
    let found = checker.spawn_bfs().join().discoveries();
    assert!(found.contains_key("no two are sure of the lease"), "{:?}", found.keys());
}

#[test]
fn an_observer_who_counts_the_time_of_an_outage_is_found_out() {
    let checker = Protocol { counts_outages: true, ..Protocol::WITH_OUTAGES }.checker().threads(2);
    let found = checker.finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join().discoveries();
    assert!(found.contains_key("nobody who renews when the store answers is replaced"), "{:?}", found.keys());
}
