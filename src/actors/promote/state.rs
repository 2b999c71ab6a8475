//! The reported state of the promotion watcher.

use serde::Serialize;
use utoipa::ToSchema;

use crate::forecast::Family;

/// The promotion watcher.
#[derive(Serialize, ToSchema)]
pub struct WatcherState {
    /// The series whose pointer it follows.
    pub identifier: String,
    /// The pointer that it followed last.
    #[schema(required = true)]
    pub pointer: Option<FollowedState>,
    /// The ETag of that pointer.
    #[schema(required = true)]
    pub etag: Option<String>,
    /// Why the pointer was not followed at the last poll.
    #[schema(required = true)]
    pub last_error: Option<String>,
    /// Polls in a row that failed.
    pub failures: u32,
}

/// A pointer that was followed.
#[derive(Serialize, ToSchema)]
pub struct FollowedState {
    /// The run that it names.
    pub run_id: String,
    /// The family of that run.
    #[schema(value_type = String)]
    pub model_type: Family,
    /// The number of the promotion, counted from 1.
    pub generation: u64,
    /// The number of the decision behind it.
    pub seq: u64,
    /// Whether it names a naive method because no model beats the naive methods; left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fallback: bool,
    /// Whether it came before all expected families were judged; left out where not.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub provisional: bool,
}
