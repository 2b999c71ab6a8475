//! The driver's side of the protocol: the real tree, the instances that it has started, and their events on the way to the driver.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::runtime::lifecycle::{Exit, Phase};
use crate::runtime::supervisor::config::SupervisorConfig;
use crate::runtime::supervisor::restart::RestartPolicy;
use crate::runtime::supervisor::stop_scope::StopScope;
use crate::runtime::supervisor::tree::{Action, ChildState, Tree};

/// The child of the other group.
pub const NEIGHBOUR: usize = 2;
/// Two children of one group and one of another: enough for rest-for-one, and for a neighbour that must not be touched.
pub const CHILDREN: [(&str, &str); 3] = [("a", "one"), ("b", "one"), ("x", "two")];
pub const TICK: Duration = Duration::from_millis(1);
pub const LAST_TICK: u32 = 5;
/// Ticks that a stop may take.
pub const STOP_TICKS: u32 = 2;
/// One restart of a child, one of its group: at most four starts of a child.
const BUDGET: u32 = 1;
pub const STARTS_MAX: usize = ((1 + BUDGET) * (1 + BUDGET)) as usize;

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

pub fn at(tick: u32) -> Instant {
    *EPOCH + TICK * tick
}

fn config() -> SupervisorConfig {
    let policy = RestartPolicy { limit: BUDGET, window: TICK * 100, backoff: TICK, backoff_max: TICK, jitter: 0.0 };
    SupervisorConfig { group_policy: policy.clone(), policy, group_drain: TICK, ..SupervisorConfig::default() }
}

/// A mistake in the driver or the tree, which the check must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The driver does not compare generations: a late event of an old instance counts for the current one.
    IgnoresGenerations,
    /// The exit of an instance that was asked to stop is not passed on.
    DropsLastEvents,
    /// A draining instance counts as ended.
    TakesDrainingForExited,
    /// A partial stop stops everything.
    StopsAllForAPart,
    /// The tree forgets which children are to stop for good.
    ForgetsStopsForGood,
}

/// An event of an instance that has not reached the driver yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstanceEvent {
    Started,
    /// A task that outlives its actor has panicked, for example.
    Ending,
    Exited,
}

/// One instance of a child, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    pub generation: u64,
    pub lives: bool,
    /// Whether it was asked to drain.
    pub asked_to_stop: bool,
    /// Events on the way to the driver, the oldest first.
    pub pending: Vec<InstanceEvent>,
}

/// A stop under way: its number in the tree and its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedStop {
    pub stop: usize,
    pub tick: u32,
}

#[derive(Clone)]
pub struct World {
    pub mutation: Option<Mutation>,
    pub tree: Tree,
    pub tick: u32,
    /// All instances of each child that live or have pending events.
    pub instances: [Vec<Instance>; CHILDREN.len()],
    pub starts: [usize; CHILDREN.len()],
    pub stop: Option<RequestedStop>,
    /// The stop of one group, and its name.
    pub part: Option<(RequestedStop, &'static str)>,
    pub started_while_stopping: bool,
    /// A child was started while another of its group was still draining.
    pub overlapped: bool,
    /// An instance was ended by an event of an earlier one.
    pub ended_by_late_event: bool,
    /// Whether an ended instance has sent a late event: one is enough.
    pub late_event_sent: bool,
    pub escalations: usize,
}

impl World {
    pub fn first(mutation: Option<Mutation>) -> World {
        let named: Vec<_> = CHILDREN.iter().map(|(name, group)| ((*name).into(), *group)).collect();
        let mut world = World {
            mutation,
            tree: Tree::new(&config(), &named),
            tick: 0,
            instances: Default::default(),
            starts: Default::default(),
            stop: None,
            part: None,
            started_while_stopping: false,
            overlapped: false,
            ended_by_late_event: false,
            late_event_sent: false,
            escalations: 0,
        };
        world.tree.start();
        world.run_actions();
        world
    }

    pub fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Whether this child is to stop for good.
    pub fn is_to_stop(&self, child: usize) -> bool {
        self.stop.is_some() || self.part.is_some_and(|(_, group)| group == CHILDREN[child].1)
    }

    pub fn request_stop(&mut self) {
        self.stop = Some(self.asked(&StopScope::All));
        self.run_actions();
    }

    pub fn request_partial_stop(&mut self, group: &'static str) {
        let part = StopScope::Groups(vec![group.to_owned()]);
        let asked = self.asked(if self.has(Mutation::StopsAllForAPart) { &StopScope::All } else { &part });
        self.part = Some((asked, group));
        if self.has(Mutation::ForgetsStopsForGood) {
            self.tree.forget_stops_for_good();
        }
        self.run_actions();
    }

    fn asked(&mut self, scope: &StopScope) -> RequestedStop {
        let stop = self.tree.stop(scope, at(self.tick + STOP_TICKS), at(self.tick));
        RequestedStop { stop, tick: self.tick }
    }

    /// What the driver does after every event.
    pub fn run_actions(&mut self) {
        for action in self.tree.step(at(self.tick)) {
            match action {
                Action::Start(child) => self.start(child),
                Action::Drain { child, .. } => {
                    self.instances[child].iter_mut().for_each(|instance| instance.asked_to_stop = true);
                    if self.has(Mutation::TakesDrainingForExited) {
                        self.tree.exited(child, Exit::Drained, at(self.tick), 0.5);
                    }
                }
                Action::StopArbiter(child) => self.end(child),
                Action::GroupRestarting(_) => {}
                Action::Escalate(_) => self.escalations += 1,
            }
        }
    }

    fn start(&mut self, child: usize) {
        let generation = self.tree.children()[child].generation;
        self.starts[child] += 1;
        self.started_while_stopping |= self.is_to_stop(child);
        let draining = |member: &&ChildState| member.phase == Phase::Draining;
        let mut draining = self.tree.children().iter().filter(draining);
        self.overlapped |= draining.any(|member| member.group == CHILDREN[child].1);
        let pending = vec![InstanceEvent::Started];
        self.instances[child].push(Instance { generation, lives: true, asked_to_stop: false, pending });
    }

    /// A stopped arbiter drops its actor, whose guard reports the exit.
    fn end(&mut self, child: usize) {
        self.instances[child].iter_mut().for_each(Instance::end);
    }

    /// The driver gets the next event of an instance.
    pub fn deliver(&mut self, child: usize, generation: u64) {
        let Some(instance) = self.instances[child].iter_mut().find(|known| known.generation == generation) else {
            return;
        };
        let (event, asked_to_stop) = (instance.pending.remove(0), instance.asked_to_stop);
        self.instances[child].retain(|known| known.lives || !known.pending.is_empty());
        if !self.tree.is_current(child, generation) && !self.has(Mutation::IgnoresGenerations) {
            return;
        }
        match event {
            InstanceEvent::Started => self.tree.started(child),
            InstanceEvent::Ending => {
                self.ended_by_late_event |=
                    self.instances[child].iter().any(|known| known.lives && known.generation != generation);
                self.end(child);
            }
            InstanceEvent::Exited if asked_to_stop && self.has(Mutation::DropsLastEvents) => {}
            InstanceEvent::Exited => self.tree.exited(child, Exit::Finished, at(self.tick), 0.5),
        }
        self.run_actions();
    }

    /// Whether each child with an instance has one that lives or whose exit is pending.
    pub fn knows_who_is_gone(&self) -> bool {
        self.tree.children().iter().zip(&self.instances).all(|(member, instances)| {
            !member.has_instance || instances.iter().any(|instance| instance.generation == member.generation)
        })
    }

    /// Everything that tells two worlds apart, with times counted from now.
    pub fn key(&self) -> String {
        format!(
            "{} {} {:?} {:?} {:?} {:?} {} {} {} {} {}",
            self.tree.key(at(self.tick)),
            self.tick,
            self.instances,
            self.starts,
            self.stop,
            self.part,
            self.started_while_stopping,
            self.overlapped,
            self.ended_by_late_event,
            self.late_event_sent,
            self.escalations,
        )
    }
}

impl Instance {
    pub fn end(&mut self) {
        if self.lives {
            self.lives = false;
            self.pending.push(InstanceEvent::Exited);
        }
    }
}
