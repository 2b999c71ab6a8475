//! The series of the HTTP server.

use prometheus::{HistogramVec, IntCounterVec, IntGauge, Registry};

use super::series::{LATENCY_BUCKETS_SECONDS, counters, histograms, int_gauge};

/// Requests by route.
#[allow(missing_docs, reason = "the help text of each series stands where it is registered")]
pub struct HttpSeries {
    pub requests_total: IntCounterVec,
    pub request_duration_seconds: HistogramVec,
    pub requests_in_flight: IntGauge,
}

impl HttpSeries {
    /// Registers every series; the router makes those of its routes present.
    pub(super) fn register(r: &Registry) -> prometheus::Result<Self> {
        Ok(Self {
            requests_total: counters(
                r,
                "http_requests_total",
                "HTTP requests by route, method and status",
                &["route", "method", "status"],
            )?,
            request_duration_seconds: histograms(
                r,
                "http_request_duration_seconds",
                "time to answer a request",
                &["route"],
                &LATENCY_BUCKETS_SECONDS,
            )?,
            requests_in_flight: int_gauge(r, "http_requests_in_flight", "requests being answered")?,
        })
    }
}
