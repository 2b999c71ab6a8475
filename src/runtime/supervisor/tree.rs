//! What to do about each thing that happens to a child: pure, time and chance are arguments.
//!
//! - `group`: a group that is started anew, when a child of it has spent its budget.
//! - `stopping`: all children or a part of them, stopped for good.

mod group;
#[cfg(test)]
mod group_tests;
mod stopping;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::runtime::actor::{Exit, Phase};

use super::config::SupervisorConfig;
use super::event::Escalation;
use super::member::{Action, Member};
use super::restart::{RestartDecision, RestartHistory, RestartPolicy};
use super::stop_order::StopOrder;
use group::Group;
use stopping::Stopping;

/// All children and the budgets of their groups.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Tree {
    policy: RestartPolicy,
    group_policy: RestartPolicy,
    group_drain: Duration,
    members: Vec<Member>,
    groups: Vec<Group>,
    stops: Vec<Stopping>,
    escalated: bool,
    actions: Vec<Action>,
}

impl Tree {
    pub fn new(config: &SupervisorConfig, children: &[(Arc<str>, &'static str)]) -> Tree {
        let mut groups: Vec<Group> = Vec::new();
        for (_, group) in children {
            if groups.iter().all(|known| known.name != *group) {
                groups.push(Group::new(group));
            }
        }
        let member = |(name, group): &(Arc<str>, &'static str)| Member {
            name: name.clone(),
            group,
            phase: Phase::Starting,
            generation: 0,
            history: RestartHistory::default(),
            last_exit: None,
            due: None,
            there: false,
            leaving: false,
        };
        Tree {
            policy: config.policy.clone(),
            group_policy: config.group_policy.clone(),
            group_drain: config.group_drain,
            members: children.iter().map(member).collect(),
            groups,
            stops: Vec::new(),
            escalated: false,
            actions: Vec::new(),
        }
    }

    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Starts every child, in order.
    pub fn start(&mut self) {
        for child in 0..self.members.len() {
            self.start_one(child);
        }
    }

    /// Whether this word comes from the instance that is there now.
    pub fn is_current(&self, child: usize, generation: u64) -> bool {
        let member = &self.members[child];
        member.there && member.generation == generation
    }

    /// An instance has started.
    pub fn running(&mut self, child: usize) {
        let member = &mut self.members[child];
        if member.phase == Phase::Starting {
            member.phase = Phase::Running;
        }
    }

    /// An instance is gone.
    pub fn gone(&mut self, child: usize, exit: Exit, now: Instant, random: f64) {
        let member = &mut self.members[child];
        member.there = false;
        member.last_exit = Some((exit, now));
        match member.phase {
            Phase::GivenUp => {}
            _ if member.leaving => member.phase = Phase::Stopped,
            Phase::Draining => member.phase = Phase::Restarting,
            _ => self.failed(child, now, random),
        }
    }

    /// An instance has given no sign of life for too long; its thread cannot be killed.
    pub fn unresponsive(&mut self, child: usize, exit: Exit, now: Instant) {
        self.members[child].last_exit = Some((exit.clone(), now));
        self.give_up(child, exit, "its thread cannot be killed".to_owned());
    }

    /// Does what time brings, and gives out all that is to be done.
    pub fn step(&mut self, now: Instant) -> Vec<Action> {
        self.step_stops(now);
        self.step_groups(now);
        for child in 0..self.members.len() {
            let member = &self.members[child];
            let due = member.due.is_some_and(|due| due <= now);
            if due && member.phase == Phase::Restarting && !self.restarts_with_group(child) {
                self.start_one(child);
            }
        }
        std::mem::take(&mut self.actions)
    }

    /// When to step again if nothing happens.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        let restarts = self.groups.iter().filter_map(Group::line);
        let lines = restarts.chain(self.stops.iter().map(Stopping::line)).filter_map(|line| line.next_wake(now));
        let dues = self.members.iter().filter_map(|member| member.due);
        // A due time that has passed waits for somebody to be gone, and that wakes us anyway.
        dues.filter(|due| *due > now).chain(lines).min()
    }

    fn start_one(&mut self, child: usize) {
        let member = &mut self.members[child];
        member.phase = Phase::Starting;
        member.generation += 1;
        member.due = None;
        member.there = true;
        self.actions.push(Action::Start(child));
    }

    fn failed(&mut self, child: usize, now: Instant, random: f64) {
        let member = &mut self.members[child];
        match member.history.record(&self.policy, now, random) {
            RestartDecision::RestartAfter(pause) => {
                member.phase = Phase::Restarting;
                member.due = Some(now + pause);
            }
            RestartDecision::GiveUp => self.restart_group(child, now, random),
        }
    }

    fn those_there(&self, children: &[usize]) -> Vec<usize> {
        let there = children.iter().copied();
        there.filter(|child| self.members[*child].there).collect()
    }

    /// Tells those whose turn it is; who of all these is still there at the deadline is ended.
    fn advance(&mut self, line: &mut StopOrder, all: &[usize], now: Instant) {
        let members = &self.members;
        let tell = line.advance(now, |child| members[child].there && members[child].phase != Phase::GivenUp);
        let deadline = line.word_by(now);
        for child in tell {
            self.members[child].phase = Phase::Draining;
            self.actions.push(Action::Drain { child, deadline });
        }
        if line.expires(now) {
            let there = self.those_there(all);
            self.actions.extend(there.into_iter().map(Action::End));
        }
    }

    fn give_up(&mut self, child: usize, exit: Exit, why: String) {
        let member = &mut self.members[child];
        member.phase = Phase::GivenUp;
        member.due = None;
        if self.escalated || member.leaving {
            return;
        }
        self.escalated = true;
        self.actions.push(Action::Escalate(Escalation {
            actor: member.name.to_string(),
            group: member.group,
            exit,
            why,
        }));
    }

    fn budgets(&self) -> String {
        let told = |policy: &RestartPolicy| format!("{} in {:?}", policy.limit, policy.window);
        let (own, group) = (told(&self.policy), told(&self.group_policy));
        format!("its budgets are spent: restarts {own}, of its group {group}")
    }
}

#[cfg(test)]
impl Tree {
    /// A mutation for the model check.
    pub fn forget_who_leaves(&mut self) {
        self.members.iter_mut().for_each(|member| member.leaving = false);
    }

    /// Everything that decides what comes next: what the model checker tells two trees apart by.
    pub fn key(&self, now: Instant) -> String {
        let left = |due: Instant| due.saturating_duration_since(now);
        let members = self.members.iter().map(|member| {
            let spent = member.history.in_window(&self.policy, now);
            (member.phase, member.generation, member.there, member.leaving, member.due.map(left), spent)
        });
        let groups = self.groups.iter().map(|group| group.key(&self.group_policy, now));
        let stops = self.stops.iter().map(|stop| stop.key(now));
        let (members, groups): (Vec<_>, Vec<_>) = (members.collect(), groups.collect());
        format!("{members:?} {groups:?} {:?} {}", stops.collect::<Vec<_>>(), self.escalated)
    }
}
