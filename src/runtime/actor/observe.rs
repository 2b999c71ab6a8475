//! What can be seen of an actor: it never blocks the one who looks, and it never lies about its age.

use std::time::{Duration, Instant};

use actix::Message;
use dashmap::DashMap;
use serde::Serialize;
use serde_json::{Value, json};

use crate::runtime::supervisor::{RestartHistory, RestartPolicy};

use super::child_guard::Pulse;
use super::exit::Exit;
use super::message::Call;

/// How long a report waits for an actor, so that all of it is there within 200 ms.
pub const OBSERVE_WITHIN: Duration = Duration::from_millis(150);

/// Asks a child for its state, as JSON; answer with `MessageResult(observed(&state))`, at once.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Value")]
pub struct Observe;

impl Call for Observe {}

/// The state as the answer to [`Observe`]; one that cannot be JSON says so in its place, because looking must break nobody.
pub fn observed(state: &impl Serialize) -> Value {
    serde_json::to_value(state).unwrap_or_else(|error| {
        tracing::error!(event = "state_unreadable", error = %error, "an actor's state cannot be shown");
        json!({ "unreadable": error.to_string() })
    })
}

/// One actor as `GET /debug/actors` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ActorReport {
    /// The actor's stable name.
    pub name: String,
    /// The group it restarts with.
    pub group: &'static str,
    /// Where it is in its life.
    pub phase: Phase,
    /// Which instance this is, counted from 1.
    pub generation: u64,
    /// Restarts of its own within the window of its budget.
    pub restarts_in_window: u32,
    /// How many the budget allows.
    pub restart_limit: u32,
    /// How the previous instance ended.
    pub last_exit: Option<LastExit>,
    /// Time until it is started again, while it waits for that.
    pub next_attempt_in_ms: Option<u64>,
    /// Time since its last beat, while there is an instance.
    pub heartbeat_age_ms: Option<u64>,
    /// Its callers.
    pub mailbox: Mailbox,
    /// The threads it owns.
    pub threads: Vec<ThreadReport>,
    /// What it said of itself, if it ever did.
    pub state: Option<Value>,
    /// Whether `state` is an answer to this report or an older one.
    pub freshness: Freshness,
    /// Age of `state`.
    pub state_age_ms: Option<u64>,
}

/// Where an actor is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Being built; messages wait in its mailbox.
    Starting,
    /// Taking messages.
    Running,
    /// Gone, to be started again.
    Restarting,
    /// Told to finish.
    Draining,
    /// Gone for good, in order.
    Stopped,
    /// Gone or hung for good: its budgets are spent, or its thread does not answer.
    GivenUp,
}

/// One thread of an actor.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadReport {
    /// The thread's stable name.
    pub name: String,
    /// Which thread of this name it is, counted from 1.
    pub generation: u64,
    /// What it is at.
    pub phase: ThreadPhase,
    /// What it waits for, or why its silence is in order.
    pub doing: Option<&'static str>,
    /// Time since its last beat.
    pub heartbeat_age_ms: u64,
    /// How the last thread of this name that was not told to end has ended.
    pub last_exit: Option<LastExit>,
}

/// What a thread is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadPhase {
    /// At work, and watched.
    Working,
    /// Waiting for work or for a dependency.
    Waiting,
    /// At something known to be long.
    Protected,
    /// Gone, untold or with an error.
    Ended,
}

/// How an instance ended.
#[derive(Clone, Debug, Serialize)]
pub struct LastExit {
    /// The kind of exit.
    pub cause: &'static str,
    /// What there is to say about it.
    pub message: Option<String>,
    /// The place in the source, for a panic.
    pub at: Option<String>,
    /// How long ago it was.
    pub ago_ms: u64,
}

impl LastExit {
    /// An exit of `when`, as it is told at `now`.
    pub(crate) fn of(exit: &Exit, when: Instant, now: Instant) -> LastExit {
        LastExit {
            cause: exit.cause(),
            message: exit.message(),
            at: exit.at().map(str::to_owned),
            ago_ms: millis(now.saturating_duration_since(when)),
        }
    }
}

/// The callers of an actor.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Mailbox {
    /// Asks through its `ActorRef` that have no answer yet.
    pub waiting: usize,
}

/// Whether a state is an answer or a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// The actor has just answered.
    Live,
    /// It did not; this is what it said last.
    Stale,
}

/// What the supervisor knows of a child without asking it.
#[derive(Clone)]
pub(crate) struct ChildStatus {
    pub group: &'static str,
    pub phase: Phase,
    pub generation: u64,
    pub policy: RestartPolicy,
    pub history: RestartHistory,
    pub last_exit: Option<(Exit, Instant)>,
    pub due: Option<Instant>,
    pub pulse: Option<Pulse>,
}

/// What is known of every child, kept outside the supervisor so that looking never waits for it.
///
/// Only owned values leave the maps: a guard held across an await can hang a whole thread.
#[derive(Default)]
pub(crate) struct Board {
    standings: DashMap<usize, ChildStatus>,
    states: DashMap<usize, (Value, Instant)>,
}

impl Board {
    pub fn set_standing(&self, child: usize, standing: ChildStatus) {
        self.standings.insert(child, standing);
    }

    pub fn set_state(&self, child: usize, state: Value, asked: Instant) {
        // answers may overtake one another on their way here: the one asked for last stays
        let mut known = self.states.entry(child).or_insert_with(|| (state.clone(), asked));
        if known.1 <= asked {
            *known = (state, asked);
        }
    }

    pub fn standing(&self, child: usize) -> Option<ChildStatus> {
        self.standings.get(&child).map(|known| known.clone())
    }

    /// Time since the state was asked for that is known, if one is.
    pub fn state_age(&self, child: usize) -> Option<Duration> {
        self.states.get(&child).map(|known| known.1.elapsed())
    }

    pub fn state(&self, child: usize) -> Option<(Value, Instant)> {
        self.states.get(&child).map(|known| known.clone())
    }
}

/// What is seen of a child beside what the supervisor knows of it.
pub(crate) struct Sight {
    pub name: String,
    pub mailbox: Mailbox,
    pub threads: Vec<ThreadReport>,
    pub state: Option<(Value, Instant)>,
    pub freshness: Freshness,
}

impl ChildStatus {
    /// The report at `now`.
    pub fn report(self, sight: Sight, now: Instant) -> ActorReport {
        let Sight { name, mailbox, threads, state, freshness } = sight;
        let age_ms = |since: Instant| millis(now.saturating_duration_since(since));
        let state_age_ms = state.as_ref().map(|(_, since)| age_ms(*since));
        ActorReport {
            name,
            group: self.group,
            phase: self.phase,
            generation: self.generation,
            restarts_in_window: self.history.in_window(&self.policy, now),
            restart_limit: self.policy.limit,
            last_exit: self.last_exit.map(|(exit, when)| LastExit::of(&exit, when, now)),
            next_attempt_in_ms: self.due.map(|due| millis(due.saturating_duration_since(now))),
            heartbeat_age_ms: self.pulse.map(|pulse| millis(pulse.age(now))),
            mailbox,
            threads,
            state: state.map(|(state, _)| state),
            freshness,
            state_age_ms,
        }
    }
}

/// A duration in whole milliseconds, as reports and files have it.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
