//! What the batch forecaster reports of itself.

use serde::Serialize;
use utoipa::ToSchema;

/// Batch inference.
#[derive(Serialize, ToSchema)]
pub struct BatchState {
    /// Claims that are being worked on.
    pub in_hand: usize,
    /// Claims answered with a forecast since it started.
    pub answered: u64,
    /// Claims answered `EXPIRED` since it started.
    pub expired: u64,
    /// Claims without a model that were put into the retry topic since it started.
    pub parked: u64,
    /// Forecasts made; claims of the same rows share one.
    pub computed: u64,
    /// Objects whose rows are kept.
    pub cached_objects: usize,
    /// Bytes of these rows.
    pub cached_bytes: usize,
    /// Lines of the log that are not stored yet.
    pub open_segment_lines: usize,
    /// Their bytes.
    pub open_segment_bytes: usize,
    /// Segments stored since it started.
    pub segments: u64,
    /// Why a claim was refused or handed back, the latest time.
    #[schema(required = true)]
    pub last_error: Option<String>,
}
