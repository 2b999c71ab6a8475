//! The supervision tree: the children, their groups and the stops under way.

use std::sync::Arc;
use std::time::Instant;

use crate::runtime::lifecycle::{Exit, Phase};
use crate::runtime::supervisor::config::SupervisorConfig;
use crate::runtime::supervisor::restart::{RestartDecision, RestartPolicy};
use crate::runtime::supervisor::stop_scope::StopScope;

use super::action::Action;
use super::child_state::ChildState;
use super::children::Children;
use super::groups::Groups;
use super::stops::Stops;

/// Decides what to do about each event of a child. It is pure: time and random numbers are arguments, and what must be done comes out as
/// actions.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Tree {
    policy: RestartPolicy,
    children: Children,
    groups: Groups,
    stops: Stops,
}

impl Tree {
    /// The children with their names and groups, in the order of the start.
    pub fn new(config: &SupervisorConfig, named: &[(Arc<str>, &'static str)]) -> Tree {
        Tree {
            policy: config.policy.clone(),
            children: Children::new(named),
            groups: Groups::new(config.group_policy.clone(), config.group_drain, named),
            stops: Stops::default(),
        }
    }

    pub fn children(&self) -> &[ChildState] {
        self.children.all()
    }

    /// Starts every child, in order.
    pub fn start(&mut self) {
        for child in 0..self.children.all().len() {
            self.children.start(child);
        }
    }

    /// Whether this generation is the child's present instance.
    pub fn is_current(&self, child: usize, generation: u64) -> bool {
        let child = &self.children[child];
        child.has_instance && child.generation == generation
    }

    /// An instance has started.
    pub fn started(&mut self, child: usize) {
        let child = &mut self.children[child];
        if child.phase == Phase::Starting {
            child.phase = Phase::Running;
        }
    }

    /// An instance has ended.
    pub fn exited(&mut self, child: usize, exit: Exit, now: Instant, random: f64) {
        let state = &mut self.children[child];
        state.has_instance = false;
        state.last_exit = Some((exit, now));
        match state.phase {
            Phase::GivenUp => {}
            _ if state.stops_for_good => state.phase = Phase::Stopped,
            Phase::Draining => state.phase = Phase::Restarting,
            _ => self.failed(child, now, random),
        }
    }

    /// An instance has not beaten for too long; its thread cannot be killed.
    pub fn unresponsive(&mut self, child: usize, exit: Exit, now: Instant) {
        self.children[child].last_exit = Some((exit.clone(), now));
        self.children.give_up(child, exit, "its thread cannot be killed".to_owned());
    }

    /// Stops the children in scope in reverse order, for good, and gives the number of this stop.
    ///
    /// A stop that covers an earlier one can only bring its deadline nearer.
    pub fn stop(&mut self, scope: &StopScope, deadline: Instant, now: Instant) -> usize {
        self.groups.cancel_restarts(scope);
        self.stops.begin(&mut self.children, scope, deadline, now)
    }

    /// Whether a stop is of every child, so that the supervisor is done when it is over.
    pub fn is_of_all(&self, stop: usize) -> bool {
        self.stops.is_of_all(stop)
    }

    /// The late children, once a stop is over: all have ended, or only unresponsive ones are left, or the deadline has passed.
    ///
    /// A child is late if it still runs, or if it ended in time but reported unfinished work.
    pub fn late(&self, stop: usize, now: Instant) -> Option<Vec<usize>> {
        self.stops.late(&self.children, stop, now)
    }

    /// Does what is due at `now`, and gives all actions since the last step.
    pub fn step(&mut self, now: Instant) -> Vec<Action> {
        self.stops.step(&mut self.children, now);
        self.groups.step(&mut self.children, now);
        for child in 0..self.children.all().len() {
            let state = &self.children[child];
            let is_due = state.restart_at.is_some_and(|at| at <= now);
            if is_due && state.phase == Phase::Restarting && !self.groups.restarts_with_group(child) {
                self.children.start(child);
            }
        }
        self.children.take_actions()
    }

    /// When to step again if no event comes before.
    pub fn next_wake(&self, now: Instant) -> Option<Instant> {
        let stop_orders = self.groups.stop_orders().chain(self.stops.stop_orders());
        let stops = stop_orders.filter_map(|order| order.next_wake(now));
        let restarts = self.children.all().iter().filter_map(|child| child.restart_at);
        // a restart that is overdue waits for another child to end, and that is an event
        restarts.filter(|at| *at > now).chain(stops).min()
    }

    fn failed(&mut self, child: usize, now: Instant, random: f64) {
        let state = &mut self.children[child];
        match state.history.record(&self.policy, now, random) {
            RestartDecision::RestartAfter(pause) => {
                state.phase = Phase::Restarting;
                state.restart_at = Some(now + pause);
            }
            RestartDecision::GiveUp => {
                if !self.groups.restart(&mut self.children, child, now, random) {
                    let exit = self.children[child].last_exit.clone().map_or(Exit::Finished, |(exit, _)| exit);
                    self.children.give_up(child, exit, self.budgets());
                }
            }
        }
    }

    fn budgets(&self) -> String {
        let budget = |policy: &RestartPolicy| format!("{} in {:?}", policy.limit, policy.window);
        let (own, group) = (budget(&self.policy), budget(self.groups.policy()));
        format!("its budgets are spent: restarts {own}, of its group {group}")
    }
}

#[cfg(test)]
impl Tree {
    /// A mutation for the model check.
    pub fn forget_stops_for_good(&mut self) {
        self.children.all_mut().iter_mut().for_each(|child| child.stops_for_good = false);
    }

    /// Everything that decides what comes next: what the model checker tells two trees apart by.
    pub fn key(&self, now: Instant) -> String {
        let left = |at: Instant| at.saturating_duration_since(now);
        let children = self.children.all().iter().map(|child| {
            let spent = child.history.in_window(&self.policy, now);
            (child.phase, child.generation, child.has_instance, child.stops_for_good, child.restart_at.map(left), spent)
        });
        let children: Vec<_> = children.collect();
        let escalated = self.children.has_escalated();
        format!("{children:?} {} {} {escalated}", self.groups.key(now), self.stops.key(now))
    }
}
