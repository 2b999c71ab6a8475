//! The memory budget of a process and its shares: what each kind of work may hold at a time.

use crate::runtime::{MemoryShare, MemoryState};

/// What the program itself takes: libtorch, its threads, and the buffers of its clients.
const PROGRAM_BYTES: usize = 192 << 20;

/// The memory budget of a process; clones are one.
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    /// Requests: their bodies and what they are parsed into.
    pub requests: MemoryShare,
    /// Claims for inference: their objects, the rows in them, and their answers.
    pub claims: MemoryShare,
    /// Data sets that are prepared, trained on or judged.
    pub datasets: MemoryShare,
    /// Models that are loaded.
    pub models: MemoryShare,
}

impl MemoryBudget {
    /// The shares of a budget for the whole process. What the program itself takes is subtracted first, up to half of the budget.
    pub fn new(process_bytes: usize) -> Self {
        let work = process_bytes - PROGRAM_BYTES.min(process_bytes / 2);
        let share = |name, percent| MemoryShare::new(name, work / 100 * percent);
        Self {
            requests: share("requests", 25),
            claims: share("claims", 25),
            datasets: share("data sets", 35),
            models: share("models", 15),
        }
    }

    /// What each share shows now.
    pub fn states(&self) -> [MemoryState; 4] {
        [&self.requests, &self.claims, &self.datasets, &self.models].map(MemoryShare::state)
    }
}
