use std::fmt;

use crate::runtime::actor::Exit;

/// Something that happened to a child.
#[derive(Clone, Debug, PartialEq)]
pub enum SupervisorEvent {
    /// An instance has started and takes messages.
    Started {
        /// The child.
        name: String,
        /// Which instance it is, counted from 1.
        generation: u64,
    },
    /// An instance is gone, or hangs for good.
    Exited {
        /// The child.
        name: String,
        /// Which instance it was.
        generation: u64,
        /// How it ended.
        exit: Exit,
    },
    /// A thread of a child ended, untold or with an error.
    ThreadExited {
        /// The child.
        name: String,
        /// The thread.
        thread: String,
        /// Which thread of this name it was, counted from 1.
        generation: u64,
        /// How it ended.
        exit: Exit,
    },
    /// A child's budget is spent: it and those of its group started after it are started again.
    GroupRestarting {
        /// The group.
        group: &'static str,
        /// Those that are stopped and started, in the order of the start.
        members: Vec<String>,
    },
    /// All budgets are spent: the node must go down.
    Escalated(Escalation),
}

/// Why the supervisor gave up.
#[derive(Clone, Debug, PartialEq)]
pub struct Escalation {
    /// The child that could not be kept alive.
    pub actor: String,
    /// Its group.
    pub group: &'static str,
    /// How it ended the last time.
    pub exit: Exit,
    /// Why it is not started again, with the budgets.
    pub why: String,
}

impl fmt::Display for Escalation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Escalation { actor, group, exit, why } = self;
        write!(out, "actor {actor} of group {group} {exit}; {why}")
    }
}
