//! Rest for one: a group is started anew, when a child of it has spent its budget.

use std::time::Instant;

use crate::runtime::actor::{Exit, Phase};
use crate::runtime::supervisor::member::Action;
use crate::runtime::supervisor::restart::{RestartDecision, RestartHistory};
use crate::runtime::supervisor::stop_order::StopOrder;

use super::Tree;

/// A group, its budget, and its restart if one is under way.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Group {
    pub name: &'static str,
    history: RestartHistory,
    restart: Option<GroupRestart>,
}

/// First all are stopped, then all are started.
#[cfg_attr(test, derive(Clone))]
struct GroupRestart {
    members: Vec<usize>,
    line: StopOrder,
    due: Instant,
}

impl Group {
    pub fn new(name: &'static str) -> Group {
        Group { name, history: RestartHistory::default(), restart: None }
    }

    /// Those on their way out, while it restarts.
    pub fn line(&self) -> Option<&StopOrder> {
        self.restart.as_ref().map(|restart| &restart.line)
    }

    /// A group that is stopped for good is not started again.
    pub fn forget_restart(&mut self) {
        self.restart = None;
    }
}

impl Tree {
    /// The failed child and those of its group started after it, if the group's budget allows.
    pub(crate) fn restart_group(&mut self, child: usize, now: Instant, random: f64) {
        let name = self.members[child].group;
        let group = self.groups.iter_mut().find(|group| group.name == name);
        let group = group.expect("invariant: every child's group was listed when the tree was made");
        let pause = match group.history.record(&self.group_policy, now, random) {
            RestartDecision::RestartAfter(pause) => pause,
            RestartDecision::GiveUp => {
                let exit = self.members[child].last_exit.clone();
                let exit = exit.map_or(Exit::Finished, |(exit, _)| exit);
                return self.give_up(child, exit, self.budgets());
            }
        };
        let due = now + pause;
        let members: Vec<usize> = (child..self.members.len())
            .filter(|other| self.members[*other].group == name)
            .filter(|other| self.members[*other].phase != Phase::GivenUp)
            .collect();
        for member in &members {
            let member = &mut self.members[*member];
            member.history = RestartHistory::default();
            member.due = Some(due);
            member.phase = if member.there { Phase::Draining } else { Phase::Restarting };
        }
        let order = members.iter().rev().copied().collect();
        self.actions.push(Action::GroupRestarting(members.clone()));
        group.restart = Some(GroupRestart { members, line: StopOrder::new(order, now + self.group_drain, now), due });
    }

    /// Moves every group restart on.
    pub(crate) fn step_groups(&mut self, now: Instant) {
        for group in 0..self.groups.len() {
            if let Some(restart) = self.groups[group].restart.take() {
                self.groups[group].restart = self.step_group(restart, now);
            }
        }
    }

    /// `None` when it is done.
    fn step_group(&mut self, mut restart: GroupRestart, now: Instant) -> Option<GroupRestart> {
        self.advance(&mut restart.line, &restart.members, now);
        if now < restart.due || !self.those_there(&restart.members).is_empty() {
            return Some(restart);
        }
        for child in restart.members {
            if self.members[child].phase == Phase::Restarting {
                self.start_one(child);
            }
        }
        None
    }

    /// Whether it is started when all of its group are stopped, and not before.
    pub(crate) fn restarts_with_group(&self, child: usize) -> bool {
        let mut restarts = self.groups.iter().filter_map(|group| group.restart.as_ref());
        restarts.any(|restart| restart.members.contains(&child))
    }
}

#[cfg(test)]
impl Group {
    /// As [`Tree::key`].
    pub fn key(&self, policy: &super::RestartPolicy, now: Instant) -> String {
        let left = |then: Instant| then.saturating_duration_since(now);
        let restart = self.restart.as_ref();
        let restart = restart.map(|it| (&it.members, it.line.key(now), left(it.due)));
        format!("{} {restart:?}", self.history.in_window(policy, now))
    }
}
