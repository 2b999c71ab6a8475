//! Stops for good: of all children, or of some groups while the others stay supervised.

use std::time::Instant;

use crate::runtime::lifecycle::{Exit, Phase};
use crate::runtime::supervisor::stop_order::StopOrder;
use crate::runtime::supervisor::stop_scope::StopScope;

use super::children::Children;

/// All stops so far, by number.
#[derive(Default)]
#[cfg_attr(test, derive(Clone))]
pub(super) struct Stops(Vec<Stop>);

/// One stop.
#[cfg_attr(test, derive(Clone))]
struct Stop {
    is_of_all: bool,
    since: Instant,
    /// The children in its scope, those that an earlier stop already stops included.
    members: Vec<usize>,
    /// The children that this stop itself stops.
    stop_order: StopOrder,
}

impl Stops {
    /// As [`Tree::stop`](super::Tree::stop).
    pub fn begin(&mut self, children: &mut Children, scope: &StopScope, deadline: Instant, now: Instant) -> usize {
        let members: Vec<usize> =
            (0..children.all().len()).filter(|child| scope.includes(children[*child].group)).collect();
        let covering = self.0.iter().filter(|stop| stop.covers(&members)).map(|stop| stop.stop_order.deadline);
        let deadline = covering.chain([deadline]).min().unwrap_or(deadline);
        let order: Vec<usize> =
            members.iter().rev().copied().filter(|child| !children[*child].stops_for_good).collect();
        for child in &order {
            let child = &mut children[*child];
            child.stops_for_good = true;
            child.restart_at = None;
            if !child.has_instance && child.phase != Phase::GivenUp {
                child.phase = Phase::Stopped;
            }
        }
        let stop_order = StopOrder::new(order, deadline, now);
        let stop = Stop { is_of_all: *scope == StopScope::All, since: now, members, stop_order };
        for earlier in self.0.iter_mut().filter(|earlier| stop.covers(&earlier.members)) {
            earlier.stop_order.deadline = earlier.stop_order.deadline.min(deadline);
        }
        self.0.push(stop);
        self.0.len() - 1
    }

    /// Moves every stop on.
    pub fn step(&mut self, children: &mut Children, now: Instant) {
        for stop in &mut self.0 {
            children.advance(&mut stop.stop_order, &stop.members, now);
        }
    }

    /// As [`Tree::is_of_all`](super::Tree::is_of_all).
    pub fn is_of_all(&self, stop: usize) -> bool {
        self.0[stop].is_of_all
    }

    /// As [`Tree::late`](super::Tree::late).
    pub fn late(&self, children: &Children, stop: usize, now: Instant) -> Option<Vec<usize>> {
        let stop = &self.0[stop];
        let running = children.with_instance(&stop.members);
        let is_unresponsive = |child: &usize| children[*child].phase == Phase::GivenUp;
        if now < stop.stop_order.deadline && !running.iter().all(is_unresponsive) {
            return None;
        }
        let late = |child: &usize| children[*child].has_instance || stop.left_work_behind(children, *child);
        Some(stop.members.iter().copied().filter(late).collect())
    }

    pub fn stop_orders(&self) -> impl Iterator<Item = &StopOrder> {
        self.0.iter().map(|stop| &stop.stop_order)
    }
}

impl Stop {
    fn covers(&self, members: &[usize]) -> bool {
        members.iter().all(|member| self.members.contains(member))
    }

    /// Whether this stop ended the child and the child reported unfinished work.
    fn left_work_behind(&self, children: &Children, child: usize) -> bool {
        let exit = children[child].last_exit.as_ref();
        let reported = exit.is_some_and(|(exit, at)| *at >= self.since && matches!(exit, Exit::Late { .. }));
        reported && self.stop_order.contains(child)
    }
}

#[cfg(test)]
impl Stops {
    /// As [`Tree::key`](super::Tree::key).
    pub fn key(&self, now: Instant) -> String {
        let keys = self.0.iter().map(|stop| format!("{:?} {}", stop.members, stop.stop_order.key(now)));
        format!("{:?}", keys.collect::<Vec<_>>())
    }
}
