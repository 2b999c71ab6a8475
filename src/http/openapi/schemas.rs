//! The forms of what actors and the store hold. The tests compare them with what the routes answer.

use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::actors::{
    BatchState, EvaluatorState, JoinedNodeState, PoolState, PreprocessorState, SubscriptionState, TrainerState,
    WatcherState,
};

use super::operation::Named;

/// `storage::Pointer`.
pub struct Pointer;

/// `storage::Decision`.
pub struct Decision;

/// `runtime::ActorReport`.
pub struct ActorReport;

impl PartialSchema for Pointer {
    fn schema() -> RefOr<Schema> {
        let number = || json!({"type": ["number", "null"]});
        form(json!({
            "type": "object",
            "description": "What is served: the model of a decision.",
            "required": ["identifier", "config_hash", "run_id", "model_type", "experiment", "model_uri", "timestamp",
                "weights", "dataset_id", "generation", "seq", "window_hash", "manifest_sha256"],
            "properties": {
                "identifier": {"type": "string"}, "config_hash": {"type": "string"}, "run_id": {"type": "string"},
                "model_type": {"type": "string"}, "experiment": {"type": "string"}, "model_uri": {"type": "string"},
                "rmse": number(), "mae": number(), "mse": number(), "score": number(),
                "timestamp": {"type": "string", "format": "date-time"}, "weights": {"type": "object"},
                "dataset_id": {"type": "string"}, "generation": {"type": "integer", "minimum": 1},
                "seq": {"type": "integer", "minimum": 1}, "previous": {"type": ["string", "null"]},
                "window_hash": {"type": "string"}, "manifest_sha256": {"type": "string"}
            }
        }))
    }
}

impl ToSchema for Pointer {}

impl PartialSchema for Decision {
    fn schema() -> RefOr<Schema> {
        form(json!({
            "type": "object",
            "description": "One entry of the decision log.",
            "required": ["v", "seq", "identifier", "dataset_id", "config_hash", "decision", "reason", "scoreboard",
                "weights", "window_hash", "judged_runs", "generation", "timestamp"],
            "properties": {
                "v": {"type": "integer"}, "seq": {"type": "integer", "minimum": 1}, "identifier": {"type": "string"},
                "dataset_id": {"type": "string"}, "config_hash": {"type": "string"},
                "decision": {"type": "string", "enum": ["promoted", "refused", "rolled_back", "set"]},
                "reason": {"type": "string"}, "scoreboard": {"type": "array", "items": {"type": "object"}},
                "weights": {"type": "object"}, "window_hash": {"type": "string"},
                "judged_runs": {"type": "array", "items": {"type": "string"}},
                "generation": {"type": "integer", "minimum": 0}, "pointer": {"type": ["object", "null"]},
                "timestamp": {"type": "string", "format": "date-time"},
                "audit": {"type": ["object", "null"], "description": "Who moved the pointer by hand, and why."}
            }
        }))
    }
}

impl ToSchema for Decision {}

impl PartialSchema for ActorReport {
    fn schema() -> RefOr<Schema> {
        let milliseconds = || json!({"type": ["integer", "null"], "minimum": 0});
        form(json!({
            "type": "object",
            "required": ["name", "group", "phase", "generation", "restarts_in_window", "restart_limit", "mailbox",
                "threads", "freshness"],
            "properties": {
                "name": {"type": "string"}, "group": {"type": "string"},
                "phase": {"type": "string",
                    "enum": ["starting", "running", "restarting", "draining", "stopped", "given_up"]},
                "generation": {"type": "integer", "minimum": 0},
                "restarts_in_window": {"type": "integer", "minimum": 0},
                "restart_limit": {"type": "integer", "minimum": 0},
                "last_exit": {"type": ["object", "null"]}, "next_attempt_in_ms": milliseconds(),
                "heartbeat_age_ms": milliseconds(),
                "threads": {"type": "array", "description": "The threads it owns, as they were seen without asking it.",
                    "items": thread_report()},
                "mailbox": {"type": "object", "properties": {"waiting": {"type": "integer", "minimum": 0}}},
                "state": {"description": "The actor's own words.", "anyOf": states()},
                "freshness": {"type": "string", "enum": ["live", "stale"]}, "state_age_ms": milliseconds()
            }
        }))
    }
}

impl ToSchema for ActorReport {
    fn schemas(schemas: &mut Vec<Named>) {
        add::<PoolState>(schemas);
        add::<WatcherState>(schemas);
        add::<BatchState>(schemas);
        add::<EvaluatorState>(schemas);
        add::<TrainerState>(schemas);
        add::<PreprocessorState>(schemas);
        add::<SubscriptionState>(schemas);
        add::<JoinedNodeState>(schemas);
    }
}

/// A state by its name, and the forms that it is made of.
fn add<T: ToSchema>(schemas: &mut Vec<Named>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// Each of the states, or none yet.
fn states() -> Vec<Value> {
    let names = [
        PoolState::name(),
        WatcherState::name(),
        BatchState::name(),
        EvaluatorState::name(),
        TrainerState::name(),
        PreprocessorState::name(),
        SubscriptionState::name(),
        JoinedNodeState::name(),
    ];
    let states = names.iter().map(|name| json!({"$ref": format!("#/components/schemas/{name}")}));
    states.chain([json!({"type": "null"})]).collect()
}

/// `runtime::ThreadReport`.
fn thread_report() -> Value {
    json!({
        "type": "object",
        "required": ["name", "generation", "phase", "heartbeat_age_ms"],
        "properties": {
            "name": {"type": "string"}, "generation": {"type": "integer", "minimum": 1},
            "phase": {"type": "string", "enum": ["working", "waiting", "protected", "ended"]},
            "doing": {"type": ["string", "null"], "description": "What it waits for, or why it may be silent."},
            "heartbeat_age_ms": {"type": "integer", "minimum": 0},
            "last_exit": {"type": ["object", "null"], "description": "How the thread before it died."}
        }
    })
}

/// Read once for each document; the tests see to it that every form can be read.
fn form(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).expect("invariant: the forms above are schemas")
}
