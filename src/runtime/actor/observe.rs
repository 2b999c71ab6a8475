//! The message that asks an actor for its state.

use std::time::Duration;

use actix::Message;
use serde::Serialize;
use serde_json::{Value, json};

use super::message::Call;

/// How long a report waits for one actor, so that all reports are there within 200 ms.
pub const OBSERVE_WITHIN: Duration = Duration::from_millis(150);

/// Asks a child for its state as JSON; it answers at once, with `MessageResult(observed(&state))`.
#[derive(Clone, Copy, Debug, Message)]
#[rtype(result = "Value")]
pub struct Observe;

impl Call for Observe {}

/// The state as the answer to [`Observe`]. A state that cannot be written as JSON becomes `{"unreadable": error}`: a report must not
/// break the actor.
pub fn observed(state: &impl Serialize) -> Value {
    serde_json::to_value(state).unwrap_or_else(|error| {
        tracing::error!(event = "state_unreadable", error = %error, "an actor's state cannot be shown");
        json!({ "unreadable": error.to_string() })
    })
}
