//! The memory budget of a process and its shares: what each kind of work may hold at a time.

use crate::runtime::{MemoryShare, MemoryState};

/// What the program itself takes: libtorch, its threads, and the buffers of its clients.
const PROGRAM_BYTES: usize = 192 << 20;
/// Rows and answers of claims that are kept, at most.
const KEPT_MAX_BYTES: usize = 96 << 20;
/// The part of the memory of claims that they may take.
const KEPT_PART: usize = 4;

/// The memory budget of a process; clones are one.
#[derive(Clone, Debug)]
pub struct MemoryBudget {
    /// Requests: their bodies and what they are parsed into.
    pub requests: MemoryShare,
    /// Claims for inference: their objects, the rows in them, and their answers.
    pub claims: MemoryShare,
    /// Rows and answers of claims that are kept for the next claims. It is a share of its own, because it is never given back.
    pub kept: MemoryShare,
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
        let claims = work / 100 * 25;
        let kept = KEPT_MAX_BYTES.min(claims / KEPT_PART);
        Self {
            requests: share("requests", 25),
            claims: MemoryShare::new("claims", claims - kept),
            kept: MemoryShare::new("kept rows", kept),
            datasets: share("data sets", 35),
            models: share("models", 15),
        }
    }

    /// What each share shows now.
    pub fn states(&self) -> [MemoryState; 5] {
        [&self.requests, &self.claims, &self.kept, &self.datasets, &self.models].map(MemoryShare::state)
    }
}
