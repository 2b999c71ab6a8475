//! What the tree asks the driver to do.

use std::time::Instant;

use crate::runtime::supervisor::event::Escalation;

/// What the driver must do; a child is given by its place in the order of the start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Action {
    Start(usize),
    Drain {
        child: usize,
        deadline: Instant,
    },
    /// Stop its arbiter, whatever it is doing.
    StopArbiter(usize),
    /// Report that these children are about to be restarted.
    GroupRestarting(Vec<usize>),
    Escalate(Escalation),
}
