//! The memory that the machine or the container has.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The smallest budget of a node that is given none, also where the amount of memory is unknown.
const BUDGET_MIN_BYTES: usize = 512 << 20;

/// The memory budget of a node that is given none, in bytes: 80 % of the limit of its container, else half of the machine's memory.
pub fn default_budget_bytes() -> usize {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let Ok(system) = System::new_with_specifics(memory) else { return BUDGET_MIN_BYTES };
    let machine = system.total_memory();
    let limit = system.cgroup_limits().map(|limits| limits.total_memory).filter(|limit| *limit > 0 && *limit < machine);
    let budget = limit.map_or(machine / 2, |limit| limit / 5 * 4);
    usize::try_from(budget).unwrap_or(usize::MAX).max(BUDGET_MIN_BYTES)
}
