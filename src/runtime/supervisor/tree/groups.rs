//! Groups and their restart, rest for one: when a child's budget is spent, it and the children of its group that were started after it are
//! restarted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::runtime::lifecycle::Phase;
use crate::runtime::supervisor::restart::{RestartDecision, RestartHistory, RestartPolicy};
use crate::runtime::supervisor::stop_order::StopOrder;
use crate::runtime::supervisor::stop_scope::StopScope;

use super::children::Children;

/// All groups, with the budget that each has.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Groups {
    policy: RestartPolicy,
    drain: Duration,
    all: Vec<Group>,
}

/// A group and its restart, if one is under way.
#[cfg_attr(test, derive(Clone))]
struct Group {
    name: &'static str,
    history: RestartHistory,
    restart: Option<GroupRestart>,
}

/// All members are stopped, and then all are started.
#[cfg_attr(test, derive(Clone))]
struct GroupRestart {
    members: Vec<usize>,
    stop_order: StopOrder,
    start_at: Instant,
}

impl Groups {
    pub fn new(policy: RestartPolicy, drain: Duration, named: &[(Arc<str>, &'static str)]) -> Groups {
        let mut all: Vec<Group> = Vec::new();
        for (_, name) in named {
            if all.iter().all(|known| known.name != *name) {
                all.push(Group { name, history: RestartHistory::default(), restart: None });
            }
        }
        Groups { policy, drain, all }
    }

    pub fn policy(&self) -> &RestartPolicy {
        &self.policy
    }

    /// Restarts the failed child and those of its group that were started after it; false if the group's budget is spent.
    pub fn restart(&mut self, children: &mut Children, failed: usize, now: Instant, random: f64) -> bool {
        let name = children[failed].group;
        let group = self.all.iter_mut().find(|group| group.name == name);
        let group = group.expect("invariant: every child's group was listed when the tree was made");
        let RestartDecision::RestartAfter(pause) = group.history.record(&self.policy, now, random) else {
            return false;
        };
        let start_at = now + pause;
        let members: Vec<usize> = (failed..children.all().len())
            .filter(|child| children[*child].group == name && children[*child].phase != Phase::GivenUp)
            .collect();
        for member in &members {
            let member = &mut children[*member];
            member.history = RestartHistory::default();
            member.restart_at = Some(start_at);
            member.phase = if member.has_instance { Phase::Draining } else { Phase::Restarting };
        }
        children.report_group_restart(&members);
        let order = members.iter().rev().copied().collect();
        let stop_order = StopOrder::new(order, now + self.drain, now);
        group.restart = Some(GroupRestart { members, stop_order, start_at });
        true
    }

    /// Moves every group restart on.
    pub fn step(&mut self, children: &mut Children, now: Instant) {
        for group in &mut self.all {
            if let Some(restart) = group.restart.take() {
                group.restart = restart.step(children, now);
            }
        }
    }

    /// Whether the child is part of a group restart, which starts it when all of them have stopped.
    pub fn restarts_with_group(&self, child: usize) -> bool {
        let mut restarts = self.all.iter().filter_map(|group| group.restart.as_ref());
        restarts.any(|restart| restart.members.contains(&child))
    }

    /// Ends the restarts of groups that are to stop for good.
    pub fn cancel_restarts(&mut self, scope: &StopScope) {
        self.all.iter_mut().filter(|group| scope.includes(group.name)).for_each(|group| group.restart = None);
    }

    pub fn stop_orders(&self) -> impl Iterator<Item = &StopOrder> {
        self.all.iter().filter_map(|group| group.restart.as_ref()).map(|restart| &restart.stop_order)
    }
}

impl GroupRestart {
    /// `None` when it is done.
    fn step(mut self, children: &mut Children, now: Instant) -> Option<GroupRestart> {
        children.advance(&mut self.stop_order, &self.members, now);
        if now < self.start_at || !children.with_instance(&self.members).is_empty() {
            return Some(self);
        }
        for child in self.members {
            if children[child].phase == Phase::Restarting {
                children.start(child);
            }
        }
        None
    }
}

#[cfg(test)]
impl Groups {
    /// As [`Tree::key`](super::Tree::key).
    pub fn key(&self, now: Instant) -> String {
        let left = |then: Instant| then.saturating_duration_since(now);
        let keys = self.all.iter().map(|group| {
            let restart = group.restart.as_ref();
            let restart = restart.map(|it| (&it.members, it.stop_order.key(now), left(it.start_at)));
            format!("{} {restart:?}", group.history.in_window(&self.policy, now))
        });
        format!("{:?}", keys.collect::<Vec<_>>())
    }
}
