//! What the inference pool reports of itself.

use serde::Serialize;
use utoipa::ToSchema;

use crate::forecast::Family;

/// The inference pool.
#[derive(Serialize, ToSchema)]
pub struct PoolState {
    /// Worker threads.
    pub workers: usize,
    /// Those that have a batch in hand.
    pub busy: usize,
    /// Rows that wait for a worker.
    pub queue_rows: usize,
    /// Forecasts made, those before a restart included.
    pub completed: u64,
    /// Moving average of nanoseconds for one row, what `Retry-After` is computed from; it outlives a restart.
    pub row_ns: u64,
    /// The model in service.
    #[schema(required = true)]
    pub model: Option<ServedState>,
    /// Why the model that the pointer names was not loaded.
    #[schema(required = true)]
    pub load_error: Option<String>,
}

/// The model in service.
#[derive(Serialize, ToSchema)]
pub struct ServedState {
    /// The run that fitted it.
    pub run_id: String,
    /// Its family.
    #[schema(value_type = String)]
    pub model_type: Family,
    /// How its data was prepared.
    pub config_hash: String,
    /// Which promotion it is, counted from 1.
    pub generation: u64,
    /// Whether it is a naive method that is served because no model beats the naive methods; left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Whether it was promoted before all expected families were judged; left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}
