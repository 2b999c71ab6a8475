//! Messages to the promotion watcher, and its answers.

use actix::Message;

use crate::actors::telemetry::PointerFault;
use crate::runtime::{Call, Cast};
use crate::storage::Pointer;

/// A hint: the pointer may have moved; read it now, before the next poll.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PointerHint;

impl Cast for PointerHint {}

/// A call: read the pointer now, follow it, and answer what came of it.
#[derive(Message)]
#[rtype(result = "Result<Reloaded, ReloadError>")]
pub struct ReloadPointer;

impl Call for ReloadPointer {}

/// The pointer after a reload.
#[derive(Debug, Clone, PartialEq)]
pub struct Reloaded {
    /// Whether the reload put another model into service.
    pub loaded: bool,
    /// The pointer that is followed now.
    pub pointer: Pointer,
}

/// Why the pointer was not followed; the model in service stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// There is no pointer for this identifier.
    #[error("nothing is promoted for `{0}` yet; train and promote a model first")]
    Absent(String),
    /// The store is unreachable or refuses.
    #[error("{0}")]
    Store(String),
    /// The pointer is one of the original program, or damaged.
    #[error("{0}")]
    Unreadable(String),
    /// The model that it names was not loaded.
    #[error("{0}")]
    NotLoaded(String),
}

impl ReloadError {
    /// What kind of failure it is, for events.
    pub fn fault(&self) -> PointerFault {
        match self {
            Self::Absent(_) => PointerFault::Absent,
            Self::Store(_) => PointerFault::Store,
            Self::Unreadable(_) => PointerFault::Unreadable,
            Self::NotLoaded(_) => PointerFault::NotLoaded,
        }
    }
}
