//! How an actor or a thread ended, as one value: the supervisor matches on it, the debug page prints it.

use std::fmt;
use std::time::Duration;

/// The end of an actor or of a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It stopped of its own accord; for a permanent child that is a failure like any other.
    Finished,
    /// It was asked to drain, gave its work back and stopped.
    Drained,
    /// It was asked to drain and stopped at the deadline with work unfinished.
    Late {
        /// What it did not finish, such as the names of threads.
        left_behind: Vec<String>,
    },
    /// It reported an error after which it could not go on.
    Failed {
        /// The error.
        error: String,
    },
    /// It panicked.
    Panicked {
        /// The panic's message.
        message: String,
        /// The place in the source, as `src/actors/train/trainer.rs:42`.
        at: String,
    },
    /// It did not beat for too long. Its thread cannot be killed, so the supervisor gives up.
    Unresponsive {
        /// The silent thread of the actor; `None` if the actor itself is silent.
        thread: Option<String>,
        /// Time since the last beat.
        silent_for: Duration,
    },
}

impl Exit {
    /// The kind of exit in one stable word, for metrics and reports.
    pub fn cause(&self) -> &'static str {
        match self {
            Exit::Finished => "finished",
            Exit::Drained => "drained",
            Exit::Late { .. } => "late",
            Exit::Failed { .. } => "failed",
            Exit::Panicked { .. } => "panicked",
            Exit::Unresponsive { .. } => "unresponsive",
        }
    }

    /// The error or panic message, if there is one.
    pub fn message(&self) -> Option<String> {
        match self {
            Exit::Finished | Exit::Drained => None,
            Exit::Late { left_behind } => Some(format!("it left behind {}", left_behind.join(", "))),
            Exit::Failed { error } => Some(error.clone()),
            Exit::Panicked { message, .. } => Some(message.clone()),
            Exit::Unresponsive { thread, silent_for } => {
                let whose = thread.as_ref().map_or_else(String::new, |thread| format!(" of its thread {thread}"));
                Some(format!("no beat{whose} for {} ms", silent_for.as_millis()))
            }
        }
    }

    /// The exit of an actor whose linked `thread` ended with this exit.
    pub fn of_thread(self, thread: &str) -> Exit {
        match self {
            Exit::Panicked { message, at } => {
                Exit::Panicked { message: format!("its thread {thread} panicked: {message}"), at }
            }
            Exit::Failed { error } => Exit::Failed { error: format!("its thread {thread} failed: {error}") },
            Exit::Finished | Exit::Drained | Exit::Late { .. } | Exit::Unresponsive { .. } => {
                Exit::Failed { error: format!("its thread {thread} ended without being told to") }
            }
        }
    }

    /// The place in the source of a panic.
    pub fn at(&self) -> Option<&str> {
        match self {
            Exit::Panicked { at, .. } => Some(at),
            _ => None,
        }
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.cause())?;
        if let Some(message) = self.message() {
            write!(out, ": {message}")?;
        }
        if let Some(at) = self.at() {
            write!(out, " at {at}")?;
        }
        Ok(())
    }
}
