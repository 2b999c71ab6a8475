//! Hand-written schemas of types of `runtime` and `storage`, which do not know OpenAPI. The tests compare them with what the
//! routes answer. States of actors derive their schemas.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::actors::{
    BatchState, EvaluatorState, JoinedNodeState, PoolState, PreprocessorState, SubscriptionState, TrainerState,
    WatcherState,
};
use crate::http::server::NamedSchema;

/// The schema of `storage::Pointer`.
pub struct Pointer;

/// The schema of `storage::Decision`.
pub struct Decision;

/// The schema of `runtime::ActorReport`.
pub struct ActorReport;

impl PartialSchema for Pointer {
    fn schema() -> RefOr<Schema> {
        let number = || json!({"type": ["number", "null"]});
        schema_of(json!({
            "type": "object",
            "description": "What is served: the model of a decision.",
            "required": ["identifier", "config_hash", "run_id", "model_type", "experiment", "model_uri", "timestamp",
                "dataset_id", "generation", "seq", "window_hash", "manifest_sha256"],
            "properties": {
                "identifier": {"type": "string"}, "config_hash": {"type": "string"}, "run_id": {"type": "string"},
                "model_type": {"type": "string"}, "experiment": {"type": "string"}, "model_uri": {"type": "string"},
                "rmse": number(), "mae": number(), "mse": number(), "score": number(),
                "timestamp": {"type": "string", "format": "date-time"}, "weights": {"type": "object"},
                "dataset_id": {"type": "string"}, "generation": {"type": "integer", "minimum": 1},
                "seq": {"type": "integer", "minimum": 1}, "previous": {"type": ["string", "null"]},
                "window_hash": {"type": "string"}, "manifest_sha256": {"type": "string"},
                "fallback": fallback(), "provisional": provisional()
            }
        }))
    }
}

impl ToSchema for Pointer {}

fn fallback() -> Value {
    json!({"type": "boolean", "description": "Whether a naive method is served, because no model beats the naive methods; left out where not."})
}

fn provisional() -> Value {
    json!({"type": "boolean", "description": "Whether it came before all expected families were judged; left out where not."})
}

impl PartialSchema for Decision {
    fn schema() -> RefOr<Schema> {
        schema_of(json!({
            "type": "object",
            "description": "One entry of the decision log.",
            "required": ["v", "seq", "identifier", "dataset_id", "config_hash", "decision", "reason", "scoreboard",
                "window_hash", "judged_runs", "generation", "timestamp"],
            "properties": {
                "v": {"type": "integer"}, "seq": {"type": "integer", "minimum": 1}, "identifier": {"type": "string"},
                "dataset_id": {"type": "string"}, "config_hash": {"type": "string"},
                "decision": {"type": "string", "enum": ["promoted", "refused", "rolled_back", "set"]},
                "reason": {"type": "string"}, "scoreboard": {"type": "array", "items": {"type": "object"}},
                "weights": {"type": "object"}, "window_hash": {"type": "string"},
                "judged_runs": {"type": "array", "items": {"type": "string"}},
                "generation": {"type": "integer", "minimum": 0}, "pointer": {"type": ["object", "null"]},
                "timestamp": {"type": "string", "format": "date-time"},
                "audit": {"type": ["object", "null"], "description": "Who moved the pointer by hand, and why."},
                "fallback": fallback(), "provisional": provisional()
            }
        }))
    }
}

impl ToSchema for Decision {}

impl PartialSchema for ActorReport {
    fn schema() -> RefOr<Schema> {
        let milliseconds = || json!({"type": ["integer", "null"], "minimum": 0});
        schema_of(json!({
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
    fn schemas(schemas: &mut Vec<NamedSchema>) {
        for (_, add) in STATES {
            add(schemas);
        }
    }
}

/// The states that actors report: name and schemas of each.
type StateSchema = (fn() -> Cow<'static, str>, fn(&mut Vec<NamedSchema>));

const STATES: [StateSchema; 8] = [
    state::<PoolState>(),
    state::<WatcherState>(),
    state::<BatchState>(),
    state::<EvaluatorState>(),
    state::<TrainerState>(),
    state::<PreprocessorState>(),
    state::<SubscriptionState>(),
    state::<JoinedNodeState>(),
];

const fn state<T: ToSchema>() -> StateSchema {
    (T::name, |schemas| {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    })
}

/// A reference to each state, or null before an actor has reported.
fn states() -> Vec<Value> {
    let states = STATES.iter().map(|(name, _)| json!({"$ref": format!("#/components/schemas/{}", name())}));
    states.chain([json!({"type": "null"})]).collect()
}

/// The schema of `runtime::ThreadReport`.
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

/// A schema from JSON; the tests read each of them.
fn schema_of(schema: Value) -> RefOr<Schema> {
    serde_json::from_value(schema).expect("invariant: the values above are JSON schemas")
}
