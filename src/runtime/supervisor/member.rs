//! What the tree knows of one child, and what it may tell the driver to do with it.

use std::sync::Arc;
use std::time::Instant;

use crate::runtime::actor::{Exit, Phase};

use super::event::Escalation;
use super::restart::RestartHistory;

/// What the driver is to do; children are named by their place in the order of the start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Start(usize),
    Drain {
        child: usize,
        deadline: Instant,
    },
    /// Stop its arbiter, whatever it is doing.
    End(usize),
    /// Tell that these are about to be stopped and started.
    GroupRestarting(Vec<usize>),
    Escalate(Escalation),
}

/// What the tree knows of one child.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub name: Arc<str>,
    pub group: &'static str,
    pub phase: Phase,
    pub generation: u64,
    pub history: RestartHistory,
    pub last_exit: Option<(Exit, Instant)>,
    /// When it is started again.
    pub due: Option<Instant>,
    /// Whether an instance exists, hung ones included.
    pub there: bool,
    /// Whether it was told to stop for good: nothing starts it again.
    pub leaving: bool,
}

impl Member {
    /// Its name as one who was late, with what it left behind if it could still say that.
    pub fn late(&self) -> String {
        match &self.last_exit {
            Some((Exit::Late { left_behind }, _)) if !self.there => {
                format!("{} ({})", self.name, left_behind.join(", "))
            }
            Some((Exit::Unresponsive { thread: Some(thread), .. }, _)) => format!("{} ({thread})", self.name),
            _ => self.name.to_string(),
        }
    }
}
