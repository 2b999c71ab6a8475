//! What one client says of something outside that the node works with, and that may be away.

use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use super::readiness::Health;

/// One voice about a dependency; dropping it takes back what it said.
pub struct Dependency {
    pub(crate) health: Health,
    pub(crate) name: Arc<str>,
    pub(crate) owner: u64,
}

/// A dependency and the voices that say it is away.
pub(crate) struct Outside {
    pub name: Arc<str>,
    /// The oldest first.
    pub complaints: Vec<Complaint>,
}

/// That a dependency is away, as one voice has it.
pub(crate) struct Complaint {
    owner: u64,
    since: Instant,
    why: String,
}

impl Dependency {
    /// Says that it answers.
    pub fn here(&self) {
        self.change(|complaints| {
            let before = complaints.len();
            complaints.retain(|complaint| complaint.owner != self.owner);
            complaints.len() != before
        });
    }

    /// Says that it is away, and why; it is so since the first time that this is said in a row.
    pub fn away(&self, why: impl fmt::Display) {
        let why = why.to_string();
        self.change(|complaints| match complaints.iter_mut().find(|complaint| complaint.owner == self.owner) {
            Some(known) if known.why == why => false,
            Some(known) => {
                known.why = why;
                true
            }
            None => {
                complaints.push(Complaint { owner: self.owner, since: Instant::now(), why });
                true
            }
        });
    }

    fn change(&self, change: impl FnOnce(&mut Vec<Complaint>) -> bool) {
        self.health.change_outside(&self.name, change);
    }
}

impl Drop for Dependency {
    fn drop(&mut self) {
        self.here();
    }
}

impl fmt::Debug for Dependency {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Dependency({})", self.name)
    }
}

impl Outside {
    /// That it is away, why, and for how long; nothing while it is here.
    pub fn told(&self) -> Option<String> {
        let Complaint { since, why, .. } = self.complaints.first()?;
        Some(format!("{}: {why} (away for {} s)", self.name, since.elapsed().as_secs()))
    }
}
