use actix::Message;

use crate::actors::telemetry::PointerFault;
use crate::runtime::{Call, Cast};
use crate::storage::Pointer;

/// A hint: the pointer may have moved; look now instead of at the next poll.
#[derive(Message)]
#[rtype(result = "()")]
pub struct PointerHint;

impl Cast for PointerHint {}

/// A question: read the pointer now, follow it, and tell what came of it.
#[derive(Message)]
#[rtype(result = "Result<Reloaded, ReloadError>")]
pub struct ReloadPointer;

impl Call for ReloadPointer {}

/// What a look at the pointer came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Reloaded {
    /// Whether another model is served since.
    pub loaded: bool,
    /// What the pointer says.
    pub pointer: Pointer,
}

/// Why the pointer was not followed; what was served still is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReloadError {
    /// There is no pointer.
    #[error("nothing is promoted for `{0}` yet; train and promote a model first")]
    Absent(String),
    /// The store is away or refuses.
    #[error("{0}")]
    Store(String),
    /// The pointer is the original's, or damaged.
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
