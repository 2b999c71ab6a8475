//! The last known status and state of every child, which readers get without waiting for the supervisor.

use std::time::{Duration, Instant};

use dashmap::DashMap;
use serde_json::Value;

use crate::runtime::actor::Pulse;
use crate::runtime::lifecycle::{ActorReport, Exit, Freshness, LastExit, Mailbox, Phase, ThreadReport, millis};

use super::restart::{RestartHistory, RestartPolicy};

/// What the supervisor knows of a child without asking it.
#[derive(Clone)]
pub(super) struct ChildStatus {
    pub group: &'static str,
    pub phase: Phase,
    pub generation: u64,
    pub policy: RestartPolicy,
    pub history: RestartHistory,
    pub last_exit: Option<(Exit, Instant)>,
    pub restart_at: Option<Instant>,
    pub pulse: Option<Pulse>,
}

/// What a report adds to the status of a child: its callers, its threads and its own answer.
pub(super) struct Observation {
    pub name: String,
    pub mailbox: Mailbox,
    pub threads: Vec<ThreadReport>,
    pub state: Option<(Value, Instant)>,
    pub freshness: Freshness,
}

/// The status and the last known state of every child, by its place in the order of the start.
///
/// Only owned values leave the maps: a guard held across an await can block a whole thread.
#[derive(Default)]
pub(super) struct StatusBoard {
    statuses: DashMap<usize, ChildStatus>,
    /// Each state with the time at which the child was asked for it.
    states: DashMap<usize, (Value, Instant)>,
}

impl StatusBoard {
    pub fn set_status(&self, child: usize, status: ChildStatus) {
        self.statuses.insert(child, status);
    }

    pub fn set_state(&self, child: usize, state: Value, asked_at: Instant) {
        // answers may arrive out of order: the one that was asked for last stays
        let mut known = self.states.entry(child).or_insert_with(|| (state.clone(), asked_at));
        if known.1 <= asked_at {
            *known = (state, asked_at);
        }
    }

    pub fn status(&self, child: usize) -> Option<ChildStatus> {
        self.statuses.get(&child).map(|known| known.clone())
    }

    /// Time since the child was asked for its last known state.
    pub fn state_age(&self, child: usize) -> Option<Duration> {
        self.states.get(&child).map(|known| known.1.elapsed())
    }

    pub fn state(&self, child: usize) -> Option<(Value, Instant)> {
        self.states.get(&child).map(|known| known.clone())
    }
}

impl ChildStatus {
    /// The report at `now`.
    pub fn report(self, observation: Observation, now: Instant) -> ActorReport {
        let Observation { name, mailbox, threads, state, freshness } = observation;
        let age_ms = |since: Instant| millis(now.saturating_duration_since(since));
        let state_age_ms = state.as_ref().map(|(_, asked_at)| age_ms(*asked_at));
        ActorReport {
            name,
            group: self.group,
            phase: self.phase,
            generation: self.generation,
            restarts_in_window: self.history.in_window(&self.policy, now),
            restart_limit: self.policy.limit,
            last_exit: self.last_exit.map(|(exit, when)| LastExit::new(&exit, when, now)),
            next_attempt_in_ms: self.restart_at.map(|at| millis(at.saturating_duration_since(now))),
            heartbeat_age_ms: self.pulse.map(|pulse| millis(pulse.age(now))),
            mailbox,
            threads,
            state: state.map(|(state, _)| state),
            freshness,
            state_age_ms,
        }
    }
}
