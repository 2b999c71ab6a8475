//! What a supervisor reports: events of its children, and the escalation when it gives up.

use std::fmt;

use crate::runtime::lifecycle::Exit;

/// An event of a child or of its group.
#[derive(Clone, Debug, PartialEq)]
pub enum SupervisorEvent {
    /// An instance has started and takes messages.
    Started {
        /// The name of the child.
        name: String,
        /// Which instance it is, counted from 1.
        generation: u64,
    },
    /// An instance has ended, or is unresponsive.
    Exited {
        /// The name of the child.
        name: String,
        /// Which instance it was.
        generation: u64,
        /// How it ended.
        exit: Exit,
    },
    /// A thread of a child ended with an error, or without being asked to.
    ThreadExited {
        /// The name of the child.
        name: String,
        /// The name of the thread.
        thread: String,
        /// Which thread of this name it was, counted from 1.
        generation: u64,
        /// How it ended.
        exit: Exit,
    },
    /// The restart budget of a child is spent: it and the children of its group that were started after it are restarted.
    GroupRestarting {
        /// The name of the group.
        group: &'static str,
        /// The children that are restarted, in the order of the start.
        members: Vec<String>,
    },
    /// The supervisor gave up: the node must stop.
    Escalated(Escalation),
}

/// Why the supervisor gave up.
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// The name of the child that could not be kept alive.
    pub actor: String,
    /// The name of its group.
    pub group: &'static str,
    /// Its last exit.
    pub exit: Exit,
    /// Why it is not restarted, with the budgets.
    pub why: String,
}

impl fmt::Display for Escalation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Escalation { actor, group, exit, why } = self;
        write!(out, "actor {actor} of group {group} {exit}; {why}")
    }
}
