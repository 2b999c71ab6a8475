//! The tree under random orders of events, without a thread or a clock.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use crate::runtime::lifecycle::{Exit, Phase};
use crate::runtime::supervisor::config::SupervisorConfig;
use crate::runtime::supervisor::stop_scope::StopScope;

use super::{Action, Tree};

const CHILDREN: [(&str, &str); 4] = [("a", "one"), ("b", "one"), ("x", "two"), ("c", "one")];

/// Something that can happen to a child or to the node.
#[derive(Clone, Debug)]
enum Event {
    /// A running child ends, in order if it was asked to.
    Ends(usize),
    Hangs(usize),
    TimePasses(u64),
    Stop(u64),
    StopPart(&'static str, u64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let child = 0..CHILDREN.len();
    let one = prop_oneof![
        12 => child.clone().prop_map(Event::Ends),
        1 => child.prop_map(Event::Hangs),
        12 => (0u64..8000).prop_map(Event::TimePasses),
        1 => (0u64..5000).prop_map(Event::Stop),
        1 => (prop_oneof![Just("one"), Just("two")], 0u64..5000).prop_map(|(group, ms)| Event::StopPart(group, ms)),
    ];
    prop::collection::vec(one, 1..120)
}

/// The tree, and what a driver that runs its actions sees.
struct World {
    tree: Tree,
    now: Instant,
    running: [bool; CHILDREN.len()],
    starts: usize,
    escalations: usize,
    /// Which children are to stop for good.
    stops_for_good: [bool; CHILDREN.len()],
    /// Which children are part of a group restart and were not started since.
    restarting: [bool; CHILDREN.len()],
}

impl World {
    fn new() -> World {
        let named: Vec<_> = CHILDREN.iter().map(|(name, group)| ((*name).into(), *group)).collect();
        let mut world = World {
            tree: Tree::new(&SupervisorConfig::default(), &named),
            now: Instant::now(),
            running: [false; CHILDREN.len()],
            starts: 0,
            escalations: 0,
            stops_for_good: [false; CHILDREN.len()],
            restarting: [false; CHILDREN.len()],
        };
        world.tree.start();
        world
    }

    fn run_actions(&mut self) -> Result<(), TestCaseError> {
        for action in self.tree.step(self.now) {
            match action {
                Action::Start(child) => {
                    prop_assert!(!self.running[child], "a child never runs twice");
                    prop_assert!(!self.stops_for_good[child], "nothing starts that is to stop for good");
                    self.running[child] = true;
                    self.restarting[child] = false;
                    self.starts += 1;
                }
                Action::Drain { child, .. } | Action::StopArbiter(child) => {
                    prop_assert!(self.running[child]);
                    prop_assert!(
                        self.stops_for_good[child] || self.restarting[child],
                        "{child} is stopped for no reason"
                    );
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
        for (child, member) in self.tree.children().iter().enumerate() {
            prop_assert_eq!(member.has_instance, self.running[child]);
            let waits = member.restart_at.is_some() && member.phase == Phase::Restarting;
            let over = matches!(member.phase, Phase::Stopped | Phase::GivenUp);
            prop_assert!(member.has_instance || waits || over, "{} is lost: {:?}", member.name, member.phase);
        }
        prop_assert!(self.escalations <= 1, "the tree escalates once");
        prop_assert_eq!(
            self.tree.children().iter().map(|member| member.generation as usize).sum::<usize>(),
            self.starts
        );
        Ok(())
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Ends(child) if self.running[child] => {
                self.running[child] = false;
                self.tree.started(child);
                self.tree.exited(child, Exit::Finished, self.now, 0.5);
            }
            Event::Hangs(child) if self.running[child] && !self.stops_for_good[child] => {
                if self.tree.children()[child].phase != Phase::GivenUp {
                    let silent_for = Duration::from_secs(10);
                    self.tree.unresponsive(child, Exit::Unresponsive { thread: None, silent_for }, self.now);
                }
            }
            Event::Ends(_) | Event::Hangs(_) => {}
            Event::TimePasses(ms) => self.now += Duration::from_millis(ms),
            Event::Stop(ms) => _ = self.stop(&StopScope::All, ms),
            Event::StopPart(group, ms) => _ = self.stop(&StopScope::Groups(vec![group.to_owned()]), ms),
        }
    }

    fn stop(&mut self, scope: &StopScope, within_ms: u64) -> usize {
        for (child, (_, group)) in CHILDREN.iter().enumerate() {
            self.stops_for_good[child] |= scope.includes(group);
        }
        self.tree.stop(scope, self.now + Duration::from_millis(within_ms), self.now)
    }

    fn running_in(&self, scope: &StopScope) -> Vec<usize> {
        (0..CHILDREN.len()).filter(|child| self.running[*child] && scope.includes(CHILDREN[*child].1)).collect()
    }
}

proptest! {
    #[test]
    fn no_child_is_lost_doubled_or_started_once_it_is_to_stop_and_nobody_else_is_told_to(events in events()) {
        let mut world = World::new();
        world.run_actions()?;
        for event in events {
            world.apply(event);
            world.run_actions()?;
        }
    }

    #[test]
    fn every_child_comes_back_unless_somebody_gave_up(events in events()) {
        let mut world = World::new();
        world.run_actions()?;
        for event in events {
            if !matches!(event, Event::Stop(_) | Event::StopPart(..) | Event::Hangs(_)) {
                world.apply(event);
                world.run_actions()?;
            }
        }
        // draining children end; then only the wake-ups that the tree asks for bring the rest about.
        for _ in 0..20 {
            for child in 0..CHILDREN.len() {
                if world.tree.children()[child].phase == Phase::Draining {
                    world.apply(Event::Ends(child));
                }
            }
            world.run_actions()?;
            let Some(wake) = world.tree.next_wake(world.now) else { break };
            world.now = wake;
            world.run_actions()?;
        }
        for member in world.tree.children() {
            prop_assert!(member.has_instance || member.phase == Phase::GivenUp, "{} is {:?}", member.name, member.phase);
        }
    }

    #[test]
    fn a_stop_is_over_at_its_deadline_at_the_latest_and_names_who_is_still_there(
        events in events(), within_ms in 0u64..5000, part in prop::option::of(prop_oneof![Just("one"), Just("two")]),
    ) {
        let mut world = World::new();
        world.run_actions()?;
        for event in events {
            world.apply(event);
            world.run_actions()?;
        }
        let scope = part.map_or(StopScope::All, |group| StopScope::Groups(vec![group.to_owned()]));
        let stop = world.stop(&scope, within_ms);
        world.run_actions()?;
        world.now += Duration::from_millis(within_ms);
        world.run_actions()?;
        prop_assert_eq!(world.tree.late(stop, world.now), Some(world.running_in(&scope)));
    }
}
