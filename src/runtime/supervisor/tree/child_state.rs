//! What the tree knows of one child.

use std::sync::Arc;
use std::time::Instant;

use crate::runtime::lifecycle::{Exit, Phase};
use crate::runtime::supervisor::restart::RestartHistory;

/// What the tree knows of one child.
#[derive(Clone, Debug)]
pub(crate) struct ChildState {
    pub name: Arc<str>,
    pub group: &'static str,
    pub phase: Phase,
    pub generation: u64,
    pub history: RestartHistory,
    pub last_exit: Option<(Exit, Instant)>,
    pub restart_at: Option<Instant>,
    /// Whether an instance exists, unresponsive ones included.
    pub has_instance: bool,
    /// Whether it is to stop for good: nothing restarts it.
    pub stops_for_good: bool,
}

impl ChildState {
    pub fn new(name: &Arc<str>, group: &'static str) -> ChildState {
        ChildState {
            name: name.clone(),
            group,
            phase: Phase::Starting,
            generation: 0,
            history: RestartHistory::default(),
            last_exit: None,
            restart_at: None,
            has_instance: false,
            stops_for_good: false,
        }
    }

    /// The name of a child that stopped late, with what it did not finish if that is known.
    pub fn late_name(&self) -> String {
        match &self.last_exit {
            Some((Exit::Late { left_behind }, _)) if !self.has_instance => {
                format!("{} ({})", self.name, left_behind.join(", "))
            }
            Some((Exit::Unresponsive { thread: Some(thread), .. }, _)) => format!("{} ({thread})", self.name),
            _ => self.name.to_string(),
        }
    }
}
