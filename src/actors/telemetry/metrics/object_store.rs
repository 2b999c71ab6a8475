//! The series of calls to the object store, filled by its client.

use std::time::Duration;

use prometheus::{HistogramVec, IntCounterVec, Registry};

use crate::storage::{PassedOver, StoreFault, StoreObserver, StoreOperation};

use super::series::{counters, histograms};

const CALL_BUCKETS_SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0, 60.0];

/// Duration and failures of calls.
pub struct StoreSeries {
    seconds: HistogramVec,
    errors_total: IntCounterVec,
    passed_over_total: IntCounterVec,
}

impl StoreSeries {
    /// Registers both series, and makes those of all operations and kinds of failure present.
    pub(super) fn register(r: &Registry) -> prometheus::Result<Self> {
        let seconds = histograms(
            r,
            "flts_object_store_seconds",
            "time of a call to the object store, retries included, by operation",
            &["operation"],
            &CALL_BUCKETS_SECONDS,
        )?;
        let errors_total = counters(
            r,
            "flts_object_store_errors_total",
            "calls to the object store that failed, by operation and kind",
            &["operation", "kind"],
        )?;
        for operation in StoreOperation::ALL {
            seconds.with_label_values(&[operation.as_str()]);
            for fault in StoreFault::ALL {
                errors_total.with_label_values(&[operation.as_str(), fault.as_str()]);
            }
        }
        let passed_over_total = counters(
            r,
            "flts_object_store_passed_over_total",
            "objects that listings passed over, each counted once, by kind",
            &["kind"],
        )?;
        for why in PassedOver::ALL {
            passed_over_total.with_label_values(&[why.as_str()]);
        }
        Ok(Self { seconds, errors_total, passed_over_total })
    }
}

impl StoreObserver for StoreSeries {
    fn called(&self, operation: StoreOperation, took: Duration, fault: Option<StoreFault>) {
        self.seconds.with_label_values(&[operation.as_str()]).observe(took.as_secs_f64());
        if let Some(fault) = fault {
            self.errors_total.with_label_values(&[operation.as_str(), fault.as_str()]).inc();
        }
    }

    fn passed_over(&self, why: PassedOver) {
        self.passed_over_total.with_label_values(&[why.as_str()]).inc();
    }
}
