//! One actor and its threads as `GET /debug/actors` shows them.

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use super::exit::Exit;

/// One actor as `GET /debug/actors` shows it.
#[derive(Clone, Debug, Serialize)]
pub struct ActorReport {
    /// The actor's stable name.
    pub name: String,
    /// The group it restarts with.
    pub group: &'static str,
    /// Its stage of life.
    pub phase: Phase,
    /// Which instance this is, counted from 1.
    pub generation: u64,
    /// Restarts of this actor within the window of its restart policy; restarts of its group are not counted.
    pub restarts_in_window: u32,
    /// How many the budget allows.
    pub restart_limit: u32,
    /// How the previous instance ended.
    pub last_exit: Option<LastExit>,
    /// Time until it is started again, while it waits for that.
    pub next_attempt_in_ms: Option<u64>,
    /// Time since its last beat, while there is an instance.
    pub heartbeat_age_ms: Option<u64>,
    /// The callers that wait for it.
    pub mailbox: Mailbox,
    /// The threads it owns.
    pub threads: Vec<ThreadReport>,
    /// The state that the actor reported, `null` if it never did.
    pub state: Option<Value>,
    /// Whether `state` is the answer to this report or an older one.
    pub freshness: Freshness,
    /// Age of `state`.
    pub state_age_ms: Option<u64>,
}

/// The stage of life of an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It is being built; messages wait in its mailbox.
    Starting,
    /// It takes messages.
    Running,
    /// It has ended and will be started again.
    Restarting,
    /// It was asked to drain.
    Draining,
    /// It was stopped and will not be started again.
    Stopped,
    /// The supervisor gave it up: its restart budgets are spent, or it is unresponsive.
    GivenUp,
}

/// One thread of an actor.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadReport {
    /// The thread's stable name.
    pub name: String,
    /// Which thread of this name it is, counted from 1.
    pub generation: u64,
    /// Whether it works, waits or is in a long task.
    pub phase: ThreadPhase,
    /// What it waits for, or the long task that it is in.
    pub doing: Option<&'static str>,
    /// Time since its last beat.
    pub heartbeat_age_ms: u64,
    /// The last exit of a thread of this name that was not asked for.
    pub last_exit: Option<LastExit>,
}

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadPhase {
    /// It works, and must beat.
    Working,
    /// It waits for work or for a dependency.
    Waiting,
    /// It is in a task known to be long.
    Protected,
    /// It ended with an error, or without being asked to.
    Ended,
}

/// How an instance ended.
#[derive(Clone, Debug, Serialize)]
pub struct LastExit {
    /// The kind of exit.
    pub cause: &'static str,
    /// The error or panic message, if there is one.
    pub message: Option<String>,
    /// The place in the source of a panic.
    pub at: Option<String>,
    /// Time since then.
    pub ago_ms: u64,
}

impl LastExit {
    /// The report at `now` of an exit at `when`.
    pub(crate) fn new(exit: &Exit, when: Instant, now: Instant) -> LastExit {
        LastExit {
            cause: exit.cause(),
            message: exit.message(),
            at: exit.at().map(str::to_owned),
            ago_ms: millis(now.saturating_duration_since(when)),
        }
    }
}

/// The callers that wait for an actor.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Mailbox {
    /// Asks through its `ActorRef` that have no answer yet.
    pub waiting: usize,
}

/// Whether a reported state is new or remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Freshness {
    /// The actor has just answered.
    Live,
    /// The actor did not answer; this is its last known state.
    Stale,
}

/// A duration in whole milliseconds; one that does not fit is `u64::MAX`.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
