//! The supervisor protocol, model-checked: start, exit, restart, stop and give-up race each other in every order.
//!
//! The state is the real [`Tree`] and what a driver that obeys it sees: instances that live, words of theirs that are still on their way
//! to the driver, and time in ticks. Budgets and windows are small, so that every interleaving up to the last tick is visited.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use stateright::{Checker, Model, Property};

use super::super::exit::Exit;
use super::super::observe::Phase;
use super::super::restart::RestartPolicy;
use super::SupervisorConfig;
use super::member::{Action, Member};
use super::tree::Tree;

/// The child of the other group.
const NEIGHBOUR: usize = 2;
/// Two children of one group and one of another: enough for rest-for-one, and for a neighbour that must not be touched.
const CHILDREN: [(&str, &str); 3] = [("a", "one"), ("b", "one"), ("x", "two")];
const TICK: Duration = Duration::from_millis(1);
const LAST_TICK: u32 = 5;
/// Ticks that a stop may take.
const STOP_TICKS: u32 = 2;
/// One restart of a child, one of its group: at most four starts of a child.
const BUDGET: u32 = 1;
const STARTS_MAX: usize = ((1 + BUDGET) * (1 + BUDGET)) as usize;

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

fn at(tick: u32) -> Instant {
    *EPOCH + TICK * tick
}

fn config() -> SupervisorConfig {
    let policy = RestartPolicy { limit: BUDGET, window: TICK * 100, backoff: TICK, backoff_max: TICK, jitter: 0.0 };
    SupervisorConfig { group_policy: policy.clone(), policy, group_drain: TICK, ..SupervisorConfig::default() }
}

/// What happened to an instance and was not heard by the driver yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Word {
    Running,
    Gone,
}

/// One instance of a child, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Instance {
    generation: u64,
    lives: bool,
    /// Told to finish.
    told: bool,
    /// In the order in which they were said.
    words: Vec<Word>,
}

#[derive(Clone)]
struct World {
    tree: Tree,
    tick: u32,
    /// All instances of each child that live or have words on their way.
    instances: [Vec<Instance>; CHILDREN.len()],
    starts: [usize; CHILDREN.len()],
    started_while_stopping: bool,
    /// A child was started while another of its group was still on its way out.
    overlapped: bool,
    escalations: usize,
    stop_asked_at: Option<u32>,
}

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
    Tick,
    Stop,
}

impl World {
    fn first() -> World {
        let named: Vec<_> = CHILDREN.iter().map(|(name, group)| ((*name).into(), *group)).collect();
        let mut world = World {
            tree: Tree::new(&config(), &named),
            tick: 0,
            instances: Default::default(),
            starts: Default::default(),
            started_while_stopping: false,
            overlapped: false,
            escalations: 0,
            stop_asked_at: None,
        };
        world.tree.start();
        world.obey();
        world
    }

    /// What the driver does after everything that it hears.
    fn obey(&mut self) {
        for action in self.tree.step(at(self.tick)) {
            match action {
                Action::Start(child) => {
                    let generation = self.tree.members()[child].generation;
                    self.starts[child] += 1;
                    self.started_while_stopping |= self.stop_asked_at.is_some();
                    let leaving = |member: &&Member| member.phase == Phase::Draining;
                    let mut leaving = self.tree.members().iter().filter(leaving);
                    self.overlapped |= leaving.any(|member| member.group == CHILDREN[child].1);
                    let words = vec![Word::Running];
                    self.instances[child].push(Instance { generation, lives: true, told: false, words });
                }
                Action::Drain { child, .. } => {
                    self.instances[child].iter_mut().for_each(|instance| instance.told = true);
                }
                // an arbiter that is stopped drops its actor, whose lifeline says so
                Action::End(child) => {
                    self.instances[child].iter_mut().for_each(Instance::end);
                }
                Action::GroupRestarting(_) => {}
                Action::Escalate(_) => self.escalations += 1,
            }
        }
    }

    fn hear(&mut self, child: usize, generation: u64) {
        let Some(instance) = self.instances[child].iter_mut().find(|known| known.generation == generation) else {
            return;
        };
        let word = instance.words.remove(0);
        self.instances[child].retain(|known| known.lives || !known.words.is_empty());
        if !self.tree.is_current(child, generation) {
            return;
        }
        match word {
            Word::Running => self.tree.running(child),
            Word::Gone => self.tree.gone(child, Exit::Finished, at(self.tick), 0.5),
        }
    }

    /// Everything that tells two worlds apart, with times counted from now.
    fn key(&self) -> String {
        format!(
            "{} {} {:?} {:?} {} {} {} {:?}",
            self.tree.key(at(self.tick)),
            self.tick,
            self.instances,
            self.starts,
            self.started_while_stopping,
            self.overlapped,
            self.escalations,
            self.stop_asked_at
        )
    }
}

impl Instance {
    fn end(&mut self) {
        if self.lives {
            self.lives = false;
            self.words.push(Word::Gone);
        }
    }
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

struct Protocol;

impl Model for Protocol {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        vec![State::of(World::first())]
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
            }
        }
        // one hang is enough: it escalates, and a node goes down once
        let hangs = |child: &usize| {
            let member = &world.tree.members()[*child];
            *child == 0 && member.there && member.phase == Phase::Running && world.stop_asked_at.is_none()
        };
        steps.extend((0..CHILDREN.len()).filter(hangs).map(|child| Step::FindsHung { child }));
        if world.tick < LAST_TICK {
            steps.push(Step::Tick);
        }
        if world.stop_asked_at.is_none() {
            steps.push(Step::Stop);
        }
    }

    fn next_state(&self, state: &State, step: Step) -> Option<State> {
        let mut world = state.world.clone();
        match step {
            Step::Ends { child, generation } => {
                let ended = world.instances[child].iter_mut().filter(|known| known.generation == generation);
                ended.for_each(Instance::end);
            }
            Step::Hears { child, generation } => {
                world.hear(child, generation);
                world.obey();
            }
            Step::FindsHung { child } => {
                world.tree.unresponsive(child, Exit::Unresponsive { thread: None, silent_for: TICK }, at(world.tick));
                world.obey();
            }
            Step::Tick => {
                world.tick += 1;
                world.obey();
            }
            Step::Stop => {
                world.stop_asked_at = Some(world.tick);
                world.tree.stop(at(world.tick + STOP_TICKS), at(world.tick));
                world.obey();
            }
        }
        Some(State::of(world))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a child never lives twice", |_, state: &State| {
                state.world.instances.iter().all(|known| known.iter().filter(|one| one.lives).count() <= 1)
            }),
            Property::always("nothing starts once a stop was asked for", |_, state: &State| {
                !state.world.started_while_stopping
            }),
            Property::always("a group is started when all of it is stopped", |_, state: &State| {
                !state.world.overlapped
            }),
            Property::always("giving up is told once", |_, state: &State| state.world.escalations <= 1),
            Property::always("no child starts more often than its budgets give", |_, state: &State| {
                state.world.starts.iter().all(|starts| *starts <= STARTS_MAX)
            }),
            Property::always("who is gone waits for its restart, or for nothing any more", |_, state: &State| {
                state.world.tree.members().iter().all(|member| {
                    let waits = member.phase == Phase::Restarting && member.due.is_some();
                    member.there || waits || matches!(member.phase, Phase::Stopped | Phase::GivenUp)
                })
            }),
            Property::always("a neighbour group is not touched by a group restart", |_, state: &State| {
                let world = &state.world;
                world.stop_asked_at.is_some() || world.instances[NEIGHBOUR].iter().all(|known| !known.told)
            }),
            Property::always("a stop is over at its deadline", |_, state: &State| {
                let world = &state.world;
                let over = world.stop_asked_at.is_some_and(|asked| world.tick >= asked + STOP_TICKS);
                !over || world.tree.late(at(world.tick)).is_some()
            }),
            Property::sometimes("a stop ends with nobody late", |_, state: &State| {
                state.world.tree.late(at(state.world.tick)).is_some_and(|late| late.is_empty())
            }),
            Property::sometimes("a group is restarted", |_, state: &State| state.world.starts[0] > 2),
            Property::sometimes("budgets are spent", |_, state: &State| {
                state.world.escalations == 1 && state.world.starts[0] == STARTS_MAX
            }),
        ]
    }
}

#[test]
fn the_protocol_holds_in_every_order_of_events() {
    let checker = Protocol.checker().spawn_bfs().join();
    checker.assert_properties();
    assert!(checker.unique_state_count() > 10_000, "only {} states were visited", checker.unique_state_count());
}
