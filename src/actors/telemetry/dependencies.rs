//! What a node depends on, by the names that readiness and `flts_ready` give it.

/// The broker that holds the topics.
pub const BROKER: &str = "broker";
/// The store that holds the objects.
pub const OBJECT_STORE: &str = "object-store";
