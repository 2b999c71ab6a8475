//! The tree under every order of events that chance comes up with, without a thread or a clock.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::super::exit::Exit;
use super::super::observe::Phase;
use super::SupervisorConfig;
use super::member::Action;
use super::tree::Tree;

const CHILDREN: [(&str, &str); 4] = [("a", "one"), ("b", "one"), ("x", "two"), ("c", "one")];

/// Something that can happen to a child or to the node.
#[derive(Clone, Debug)]
enum Happening {
    /// A child that is there ends, in order if it was told to.
    Gone(usize),
    Hangs(usize),
    TimePasses(u64),
    Stop(u64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let child = 0..CHILDREN.len();
    let one = prop_oneof![
        12 => child.clone().prop_map(Happening::Gone),
        1 => child.prop_map(Happening::Hangs),
        12 => (0u64..8000).prop_map(Happening::TimePasses),
        1 => (0u64..5000).prop_map(Happening::Stop),
    ];
    prop::collection::vec(one, 1..120)
}

/// The tree, and what a driver that obeys it sees.
struct World {
    tree: Tree,
    now: Instant,
    there: [bool; CHILDREN.len()],
    starts: usize,
    escalations: usize,
    stopping: bool,
}

impl World {
    fn new() -> World {
        let named: Vec<_> = CHILDREN.iter().map(|(name, group)| ((*name).into(), *group)).collect();
        let mut world = World {
            tree: Tree::new(&SupervisorConfig::default(), &named),
            now: Instant::now(),
            there: [false; CHILDREN.len()],
            starts: 0,
            escalations: 0,
            stopping: false,
        };
        world.tree.start();
        world
    }

    fn obey(&mut self) -> Result<(), TestCaseError> {
        for action in self.tree.step(self.now) {
            match action {
                Action::Start(child) => {
                    prop_assert!(!self.there[child], "a child is never there twice");
                    prop_assert!(!self.stopping, "nothing starts while everything stops");
                    self.there[child] = true;
                    self.starts += 1;
                }
                Action::Drain { child, .. } | Action::End(child) => prop_assert!(self.there[child]),
                Action::Escalate(_) => self.escalations += 1,
                Action::GroupRestarting(members) => {
                    let group = CHILDREN[members[0]].1;
                    let after = (members[0]..CHILDREN.len()).filter(|child| CHILDREN[*child].1 == group);
                    prop_assert!(members.iter().all(|member| after.clone().any(|child| child == *member)));
                }
            }
        }
        for (child, member) in self.tree.members().iter().enumerate() {
            prop_assert_eq!(member.there, self.there[child]);
            let known_to_wait = member.due.is_some() && member.phase == Phase::Restarting;
            let over = matches!(member.phase, Phase::Stopped | Phase::GivenUp);
            prop_assert!(member.there || known_to_wait || over, "{} is lost: {:?}", member.name, member.phase);
        }
        prop_assert!(self.escalations <= 1, "giving up is told once");
        prop_assert_eq!(
            self.tree.members().iter().map(|member| member.generation as usize).sum::<usize>(),
            self.starts
        );
        Ok(())
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Gone(child) if self.there[child] => {
                self.there[child] = false;
                self.tree.running(child);
                self.tree.gone(child, Exit::Finished, self.now, 0.5);
            }
            Happening::Hangs(child) if self.there[child] && !self.stopping => {
                if self.tree.members()[child].phase != Phase::GivenUp {
                    let silent_for = Duration::from_secs(10);
                    self.tree.unresponsive(child, Exit::Unresponsive { thread: None, silent_for }, self.now);
                }
            }
            Happening::Gone(_) | Happening::Hangs(_) => {}
            Happening::TimePasses(ms) => self.now += Duration::from_millis(ms),
            Happening::Stop(ms) => {
                self.stopping = true;
                self.tree.stop(self.now + Duration::from_millis(ms), self.now);
            }
        }
    }
}

proptest! {
    #[test]
    fn no_child_is_lost_doubled_or_started_during_a_stop(happenings in happenings()) {
        let mut world = World::new();
        world.obey()?;
        for happening in happenings {
            world.happen(happening);
            world.obey()?;
        }
    }

    #[test]
    fn every_child_comes_back_unless_somebody_gave_up(happenings in happenings()) {
        let mut world = World::new();
        world.obey()?;
        for happening in happenings {
            if !matches!(happening, Happening::Stop(_) | Happening::Hangs(_)) {
                world.happen(happening);
                world.obey()?;
            }
        }
        // Who was told to drain goes; then only the wake-ups that the tree asks for bring the rest about.
        for _ in 0..20 {
            for child in 0..CHILDREN.len() {
                if world.tree.members()[child].phase == Phase::Draining {
                    world.happen(Happening::Gone(child));
                }
            }
            world.obey()?;
            let Some(wake) = world.tree.next_wake(world.now) else { break };
            world.now = wake;
            world.obey()?;
        }
        for member in world.tree.members() {
            prop_assert!(member.there || member.phase == Phase::GivenUp, "{} is {:?}", member.name, member.phase);
        }
    }

    #[test]
    fn a_stop_is_over_at_its_deadline_at_the_latest_and_names_who_is_still_there(
        happenings in happenings(), within_ms in 0u64..5000,
    ) {
        let mut world = World::new();
        world.obey()?;
        for happening in happenings {
            world.happen(happening);
            world.obey()?;
        }
        world.happen(Happening::Stop(within_ms));
        world.obey()?;
        world.now += Duration::from_millis(within_ms);
        world.obey()?;
        let there: Vec<usize> = (0..CHILDREN.len()).filter(|child| world.there[*child]).collect();
        prop_assert_eq!(world.tree.late(world.now), Some(there));
    }
}
