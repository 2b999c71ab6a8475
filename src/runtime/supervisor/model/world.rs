//! The driver's side of the protocol: the real tree, the instances that it has started, and words of theirs on their way.

use std::sync::LazyLock;
use std::time::{Duration, Instant};

use crate::runtime::actor::{Exit, Phase};
use crate::runtime::supervisor::config::SupervisorConfig;
use crate::runtime::supervisor::member::{Action, Member};
use crate::runtime::supervisor::restart::RestartPolicy;
use crate::runtime::supervisor::stop_scope::Whom;
use crate::runtime::supervisor::tree::Tree;

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

/// A mistake that somebody who changes the driver or the tree might make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Every word is taken for one of the instance that is there now.
    IgnoresGenerations,
    /// The last word of an instance that was told to finish is not passed on.
    DropsLastWords,
    /// Who was told to finish counts as gone.
    TakesToldForGone,
    /// A stop of a part stops everything.
    StopsAllForAPart,
    /// Those of a stopped part are not remembered as such.
    ForgetsWhoLeaves,
}

/// What happened to an instance and was not heard by the driver yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Word {
    Running,
    /// A task that outlives its actor has panicked, for example.
    Leaving,
    Gone,
}

/// One instance of a child, seen from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    pub generation: u64,
    pub lives: bool,
    /// Told to finish.
    pub told: bool,
    /// In the order in which they were said.
    pub words: Vec<Word>,
}

/// A stop that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub stop: usize,
    pub tick: u32,
}

#[derive(Clone)]
pub struct World {
    pub mutation: Option<Mutation>,
    pub tree: Tree,
    pub tick: u32,
    /// All instances of each child that live or have words on their way.
    pub instances: [Vec<Instance>; CHILDREN.len()],
    pub starts: [usize; CHILDREN.len()],
    pub stop: Option<Asked>,
    /// The stop of one group, and which.
    pub part: Option<(Asked, &'static str)>,
    pub started_while_stopping: bool,
    /// A child was started while another of its group was still on its way out.
    pub overlapped: bool,
    /// An instance was ended by the word of an earlier one.
    pub struck_by_the_dead: bool,
    /// Whether a dead instance has said a word yet: one is enough.
    pub dead_has_spoken: bool,
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
            struck_by_the_dead: false,
            dead_has_spoken: false,
            escalations: 0,
        };
        world.tree.start();
        world.obey();
        world
    }

    pub fn has(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Whether this child is to stop for good.
    pub fn is_to_stop(&self, child: usize) -> bool {
        self.stop.is_some() || self.part.is_some_and(|(_, group)| group == CHILDREN[child].1)
    }

    pub fn ask_to_stop(&mut self) {
        self.stop = Some(self.asked(&Whom::All));
        self.obey();
    }

    pub fn ask_to_stop_part(&mut self, group: &'static str) {
        let part = Whom::Groups(vec![group.to_owned()]);
        let asked = self.asked(if self.has(Mutation::StopsAllForAPart) { &Whom::All } else { &part });
        self.part = Some((asked, group));
        if self.has(Mutation::ForgetsWhoLeaves) {
            self.tree.forget_who_leaves();
        }
        self.obey();
    }

    fn asked(&mut self, whom: &Whom) -> Asked {
        let stop = self.tree.stop(whom, at(self.tick + STOP_TICKS), at(self.tick));
        Asked { stop, tick: self.tick }
    }

    /// What the driver does after everything that it hears.
    pub fn obey(&mut self) {
        for action in self.tree.step(at(self.tick)) {
            match action {
                Action::Start(child) => self.start(child),
                Action::Drain { child, .. } => {
                    self.instances[child].iter_mut().for_each(|instance| instance.told = true);
                    if self.has(Mutation::TakesToldForGone) {
                        self.tree.gone(child, Exit::Drained, at(self.tick), 0.5);
                    }
                }
                Action::End(child) => self.end(child),
                Action::GroupRestarting(_) => {}
                Action::Escalate(_) => self.escalations += 1,
            }
        }
    }

    fn start(&mut self, child: usize) {
        let generation = self.tree.members()[child].generation;
        self.starts[child] += 1;
        self.started_while_stopping |= self.is_to_stop(child);
        let leaving = |member: &&Member| member.phase == Phase::Draining;
        let mut leaving = self.tree.members().iter().filter(leaving);
        self.overlapped |= leaving.any(|member| member.group == CHILDREN[child].1);
        let words = vec![Word::Running];
        self.instances[child].push(Instance { generation, lives: true, told: false, words });
    }

    /// An arbiter that is stopped drops its actor, whose lifeline says so.
    fn end(&mut self, child: usize) {
        self.instances[child].iter_mut().for_each(Instance::end);
    }

    /// The driver hears the next word of an instance.
    pub fn hear(&mut self, child: usize, generation: u64) {
        let Some(instance) = self.instances[child].iter_mut().find(|known| known.generation == generation) else {
            return;
        };
        let (word, told) = (instance.words.remove(0), instance.told);
        self.instances[child].retain(|known| known.lives || !known.words.is_empty());
        if !self.tree.is_current(child, generation) && !self.has(Mutation::IgnoresGenerations) {
            return;
        }
        match word {
            Word::Running => self.tree.running(child),
            Word::Leaving => {
                self.struck_by_the_dead |=
                    self.instances[child].iter().any(|known| known.lives && known.generation != generation);
                self.end(child);
            }
            Word::Gone if told && self.has(Mutation::DropsLastWords) => {}
            Word::Gone => self.tree.gone(child, Exit::Finished, at(self.tick), 0.5),
        }
        self.obey();
    }

    /// Whether those who count as there have an instance that lives, or whose last word is on its way.
    pub fn knows_who_is_gone(&self) -> bool {
        self.tree.members().iter().zip(&self.instances).all(|(member, instances)| {
            !member.there || instances.iter().any(|instance| instance.generation == member.generation)
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
            self.struck_by_the_dead,
            self.dead_has_spoken,
            self.escalations,
        )
    }
}

impl Instance {
    pub fn end(&mut self) {
        if self.lives {
            self.lives = false;
            self.words.push(Word::Gone);
        }
    }
}
