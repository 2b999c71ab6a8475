//! The reported state of the actor that follows a joined node. The node builds that actor, and the API documents this state.

use std::path::PathBuf;

use serde::Serialize;
use utoipa::ToSchema;

/// The follower of a joined node.
#[derive(Serialize, ToSchema)]
pub struct JoinedNodeState {
    /// The folder or the `node.json` of the other node.
    #[schema(value_type = String)]
    pub join: PathBuf,
    /// Its API.
    pub http: String,
    /// Its broker.
    pub brokers: String,
    /// Its store.
    #[schema(required = true)]
    pub object_store: Option<String>,
    /// How often it came back elsewhere.
    pub moves: u64,
    /// Why it counts as away, if it does.
    #[schema(required = true)]
    pub away: Option<String>,
    /// How long it has been away.
    #[schema(required = true)]
    pub away_for_ms: Option<u64>,
}
