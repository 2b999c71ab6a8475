//! The tree under every order of events that chance comes up with, without a thread or a clock.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::runtime::actor::{Exit, Phase};
use crate::runtime::supervisor::config::SupervisorConfig;
use crate::runtime::supervisor::member::Action;
use crate::runtime::supervisor::stop_scope::Whom;

use super::Tree;

const CHILDREN: [(&str, &str); 4] = [("a", "one"), ("b", "one"), ("x", "two"), ("c", "one")];

/// Something that can happen to a child or to the node.
#[derive(Clone, Debug)]
enum Happening {
    /// A child that is there ends, in order if it was told to.
    Gone(usize),
    Hangs(usize),
    TimePasses(u64),
    Stop(u64),
    StopPart(&'static str, u64),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let child = 0..CHILDREN.len();
    let one = prop_oneof![
        12 => child.clone().prop_map(Happening::Gone),
        1 => child.prop_map(Happening::Hangs),
        12 => (0u64..8000).prop_map(Happening::TimePasses),
        1 => (0u64..5000).prop_map(Happening::Stop),
        1 => (prop_oneof![Just("one"), Just("two")], 0u64..5000).prop_map(|(group, ms)| Happening::StopPart(group, ms)),
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
    /// Who is to stop for good.
    leaving: [bool; CHILDREN.len()],
    /// Who was told that its group is started anew, and was not started since.
    restarting: [bool; CHILDREN.len()],
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
            leaving: [false; CHILDREN.len()],
            restarting: [false; CHILDREN.len()],
        };
        world.tree.start();
        world
    }

    fn obey(&mut self) -> Result<(), TestCaseError> {
        for action in self.tree.step(self.now) {
            match action {
                Action::Start(child) => {
                    prop_assert!(!self.there[child], "a child is never there twice");
                    prop_assert!(!self.leaving[child], "nothing starts that is to stop for good");
                    self.there[child] = true;
                    self.restarting[child] = false;
                    self.starts += 1;
                }
                Action::Drain { child, .. } | Action::End(child) => {
                    prop_assert!(self.there[child]);
                    prop_assert!(self.leaving[child] || self.restarting[child], "{child} is nobody's to stop");
                }
                Action::Escalate(_) => self.escalations += 1,
                Action::GroupRestarting(members) => {
                    let group = CHILDREN[members[0]].1;
                    let after = (members[0]..CHILDREN.len()).filter(|child| CHILDREN[*child].1 == group);
                    prop_assert!(members.iter().all(|member| after.clone().any(|child| child == *member)));
                    members.iter().for_each(|member| self.restarting[*member] = true);
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
            Happening::Hangs(child) if self.there[child] && !self.leaving[child] => {
                if self.tree.members()[child].phase != Phase::GivenUp {
                    let silent_for = Duration::from_secs(10);
                    self.tree.unresponsive(child, Exit::Unresponsive { thread: None, silent_for }, self.now);
                }
            }
            Happening::Gone(_) | Happening::Hangs(_) => {}
            Happening::TimePasses(ms) => self.now += Duration::from_millis(ms),
            Happening::Stop(ms) => _ = self.stop(&Whom::All, ms),
            Happening::StopPart(group, ms) => _ = self.stop(&Whom::Groups(vec![group.to_owned()]), ms),
        }
    }

    fn stop(&mut self, whom: &Whom, within_ms: u64) -> usize {
        for (child, (_, group)) in CHILDREN.iter().enumerate() {
            self.leaving[child] |= whom.includes(group);
        }
        self.tree.stop(whom, self.now + Duration::from_millis(within_ms), self.now)
    }

    fn those_there(&self, whom: &Whom) -> Vec<usize> {
        (0..CHILDREN.len()).filter(|child| self.there[*child] && whom.includes(CHILDREN[*child].1)).collect()
    }
}

proptest! {
    #[test]
    fn no_child_is_lost_doubled_or_started_once_it_is_to_stop_and_nobody_else_is_told_to(happenings in happenings()) {
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
            if !matches!(happening, Happening::Stop(_) | Happening::StopPart(..) | Happening::Hangs(_)) {
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
        happenings in happenings(), within_ms in 0u64..5000, part in prop::option::of(prop_oneof![Just("one"), Just("two")]),
    ) {
        let mut world = World::new();
        world.obey()?;
        for happening in happenings {
            world.happen(happening);
            world.obey()?;
        }
        let whom = part.map_or(Whom::All, |group| Whom::Groups(vec![group.to_owned()]));
        let stop = world.stop(&whom, within_ms);
        world.obey()?;
        world.now += Duration::from_millis(within_ms);
        world.obey()?;
        prop_assert_eq!(world.tree.late(stop, world.now), Some(world.those_there(&whom)));
    }
}
