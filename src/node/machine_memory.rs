//! The memory that the machine or the container has.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The smallest budget of a node that is given none, where the machine or the container has so much.
const BUDGET_MIN_BYTES: u64 = 512 << 20;

/// The memory budget of a node that is given none, in bytes: 80 % of the limit of its container, else half of the machine's memory.
pub fn default_budget_bytes() -> usize {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let budget = System::new_with_specifics(memory).map_or(BUDGET_MIN_BYTES, |system| {
        let limit = system.cgroup_limits().map(|limits| limits.total_memory);
        budget_bytes(system.total_memory(), limit)
    });
    usize::try_from(budget).unwrap_or(usize::MAX)
}

/// 80 % of the limit of a container, else half of the machine's memory. It is at least [`BUDGET_MIN_BYTES`], and never more than 80 % of
/// all there is: the rest is for what is not counted.
fn budget_bytes(machine: u64, container: Option<u64>) -> u64 {
    let most = |bytes: u64| bytes / 5 * 4;
    match container.filter(|limit| *limit > 0 && *limit < machine) {
        Some(limit) => most(limit),
        None => (machine / 2).max(BUDGET_MIN_BYTES.min(most(machine))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    #[test]
    fn a_small_container_is_not_promised_more_than_it_has() {
        assert_eq!(budget_bytes(64 << 30, Some(300 * MIB)), 240 * MIB);
        assert_eq!(budget_bytes(64 << 30, Some(2000 * MIB)), 1600 * MIB);
        assert_eq!(budget_bytes(500 * MIB, None), 400 * MIB);
        assert_eq!(budget_bytes(800 * MIB, None), 512 * MIB);
    }

    #[test]
    fn a_container_without_a_limit_gets_half_of_the_machine() {
        for limit in [None, Some(0), Some(u64::MAX), Some(4 << 30)] {
            assert_eq!(budget_bytes(4 << 30, limit), 2 << 30, "{limit:?}");
        }
    }
}
