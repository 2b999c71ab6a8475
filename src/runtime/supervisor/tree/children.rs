//! All children of the tree, and what is done to one of them: start, stop, give up.

use std::ops::{Index, IndexMut};
use std::sync::Arc;
use std::time::Instant;

use crate::runtime::lifecycle::{Exit, Phase};
use crate::runtime::supervisor::event::Escalation;
use crate::runtime::supervisor::stop_order::StopOrder;

use super::action::Action;
use super::child_state::ChildState;

/// All children in the order of the start, and the actions that the driver has not taken yet.
#[cfg_attr(test, derive(Clone))]
pub(super) struct Children {
    all: Vec<ChildState>,
    escalated: bool,
    actions: Vec<Action>,
}

impl Children {
    pub fn new(named: &[(Arc<str>, &'static str)]) -> Children {
        let all = named.iter().map(|(name, group)| ChildState::new(name, group)).collect();
        Children { all, escalated: false, actions: Vec::new() }
    }

    pub fn all(&self) -> &[ChildState] {
        &self.all
    }

    #[cfg(test)]
    pub fn all_mut(&mut self) -> &mut [ChildState] {
        &mut self.all
    }

    #[cfg(test)]
    pub fn has_escalated(&self) -> bool {
        self.escalated
    }

    pub fn start(&mut self, child: usize) {
        let state = &mut self.all[child];
        state.phase = Phase::Starting;
        state.generation += 1;
        state.restart_at = None;
        state.has_instance = true;
        self.actions.push(Action::Start(child));
    }

    /// Marks a child as given up, and escalates unless that has happened or the child is to stop for good anyway.
    pub fn give_up(&mut self, child: usize, exit: Exit, why: String) {
        let state = &mut self.all[child];
        state.phase = Phase::GivenUp;
        state.restart_at = None;
        if self.escalated || state.stops_for_good {
            return;
        }
        self.escalated = true;
        self.actions.push(Action::Escalate(Escalation {
            actor: state.name.to_string(),
            group: state.group,
            exit,
            why,
        }));
    }

    pub fn report_group_restart(&mut self, members: &[usize]) {
        self.actions.push(Action::GroupRestarting(members.to_vec()));
    }

    /// Drains the children whose turn it is; at the deadline the arbiters of all `members` that still run are stopped.
    pub fn advance(&mut self, order: &mut StopOrder, members: &[usize], now: Instant) {
        let to_drain = order.advance(now, |child| {
            let state = &self.all[child];
            state.has_instance && state.phase != Phase::GivenUp
        });
        let deadline = order.child_deadline(now);
        for child in to_drain {
            self.all[child].phase = Phase::Draining;
            self.actions.push(Action::Drain { child, deadline });
        }
        if order.expires(now) {
            let late = self.with_instance(members);
            self.actions.extend(late.into_iter().map(Action::StopArbiter));
        }
    }

    /// Those of these children that have an instance.
    pub fn with_instance(&self, children: &[usize]) -> Vec<usize> {
        children.iter().copied().filter(|child| self.all[*child].has_instance).collect()
    }

    pub fn take_actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }
}

impl Index<usize> for Children {
    type Output = ChildState;

    fn index(&self, child: usize) -> &ChildState {
        &self.all[child]
    }
}

impl IndexMut<usize> for Children {
    fn index_mut(&mut self, child: usize) -> &mut ChildState {
        &mut self.all[child]
    }
}
