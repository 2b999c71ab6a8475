//! The series of the memory budget.

use prometheus::{IntCounterVec, IntGaugeVec, Registry};

use super::series::{counters, gauges};
use crate::runtime::MemoryState;

/// The shares of the memory budget.
pub struct MemorySeries {
    limit_bytes: IntGaugeVec,
    reserved_bytes: IntGaugeVec,
    refused_total: IntCounterVec,
}

impl MemorySeries {
    pub(super) fn register(r: &Registry) -> prometheus::Result<Self> {
        Ok(Self {
            limit_bytes: gauges(r, "flts_memory_limit_bytes", "size of a share of the memory budget", &["share"])?,
            reserved_bytes: gauges(r, "flts_memory_reserved_bytes", "memory that work holds of its share", &["share"])?,
            refused_total: counters(
                r,
                "flts_memory_refused_total",
                "reservations that found no memory in their share",
                &["share"],
            )?,
        })
    }

    /// Sets every series to what the shares show.
    pub fn refresh(&self, shares: &[MemoryState]) {
        let gauge = |bytes: usize| i64::try_from(bytes).unwrap_or(i64::MAX);
        for share in shares {
            let labels = &[share.name];
            self.limit_bytes.with_label_values(labels).set(gauge(share.limit_bytes));
            self.reserved_bytes.with_label_values(labels).set(gauge(share.reserved_bytes));
            let refused = self.refused_total.with_label_values(labels);
            refused.inc_by(share.refused.saturating_sub(refused.get()));
        }
    }
}
