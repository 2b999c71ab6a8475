//! Stopping for good: all children, or those of some groups while the others go on being supervised.

use std::time::Instant;

use crate::runtime::actor::{Exit, Phase};
use crate::runtime::supervisor::stop_order::StopOrder;
use crate::runtime::supervisor::stop_scope::Whom;

use super::Tree;

/// A stop that was asked for.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct Stopping {
    is_of_all: bool,
    since: Instant,
    /// Whom it is about, those that an earlier stop tells included.
    members: Vec<usize>,
    /// Those that this stop tells.
    line: StopOrder,
}

impl Stopping {
    pub fn line(&self) -> &StopOrder {
        &self.line
    }

    fn covers(&self, members: &[usize]) -> bool {
        members.iter().all(|member| self.members.contains(member))
    }
}

impl Tree {
    /// Stops these children in reverse order, for good, and gives the number of this stop.
    ///
    /// A stop that covers an earlier one can only bring its deadline nearer.
    pub fn stop(&mut self, whom: &Whom, deadline: Instant, now: Instant) -> usize {
        let members: Vec<usize> =
            (0..self.members.len()).filter(|child| whom.includes(self.members[*child].group)).collect();
        let covering = self.stops.iter().filter(|stop| stop.covers(&members)).map(|stop| stop.line.deadline);
        let deadline = covering.chain([deadline]).min().unwrap_or(deadline);
        for group in self.groups.iter_mut().filter(|group| whom.includes(group.name)) {
            group.forget_restart();
        }
        let fresh: Vec<usize> = members.iter().rev().copied().filter(|child| !self.members[*child].leaving).collect();
        for child in &fresh {
            let member = &mut self.members[*child];
            member.leaving = true;
            member.due = None;
            if !member.there && member.phase != Phase::GivenUp {
                member.phase = Phase::Stopped;
            }
        }
        let is_of_all = *whom == Whom::All;
        let stop = Stopping { is_of_all, since: now, members, line: StopOrder::new(fresh, deadline, now) };
        for earlier in self.stops.iter_mut().filter(|earlier| stop.covers(&earlier.members)) {
            earlier.line.deadline = earlier.line.deadline.min(deadline);
        }
        self.stops.push(stop);
        self.stops.len() - 1
    }

    /// Whether a stop is about every child, so that nothing is left when it is over.
    pub fn is_of_all(&self, stop: usize) -> bool {
        self.stops[stop].is_of_all
    }

    /// Those who are late, once a stop is over: nobody is left, or only the hung, or the deadline has passed.
    ///
    /// Late is who is still there, and who left in time but says that he left something behind.
    pub fn late(&self, stop: usize, now: Instant) -> Option<Vec<usize>> {
        let stop = &self.stops[stop];
        let there = self.those_there(&stop.members);
        let is_hung = |child: &usize| self.members[*child].phase == Phase::GivenUp;
        if now < stop.line.deadline && !there.iter().all(is_hung) {
            return None;
        }
        let left_behind = |child: &usize| {
            let exit = self.members[*child].last_exit.as_ref();
            let says_so = exit.is_some_and(|(exit, at)| *at >= stop.since && matches!(exit, Exit::Late { .. }));
            says_so && stop.line.tells(*child)
        };
        let late = |child: &usize| self.members[*child].there || left_behind(child);
        Some(stop.members.iter().copied().filter(late).collect())
    }

    /// Moves every stop on; who is still there when a part was to be gone is ended like those of a whole.
    pub(crate) fn step_stops(&mut self, now: Instant) {
        let mut stops = std::mem::take(&mut self.stops);
        for stop in &mut stops {
            self.advance(&mut stop.line, &stop.members, now);
        }
        self.stops = stops;
    }
}

#[cfg(test)]
impl Stopping {
    /// As [`Tree::key`].
    pub fn key(&self, now: Instant) -> String {
        format!("{:?} {}", self.members, self.line.key(now))
    }
}
