//! Messages that actors of several stages understand.

use actix::Message;

use crate::runtime::{Call, Cast};
use crate::storage::Pointer;

/// A call: load, verify and warm up the model that a pointer names, then serve it.
#[derive(Message)]
#[rtype(result = "Result<(), LoadError>")]
pub struct Load {
    /// The pointer, as the store holds it.
    pub pointer: Pointer,
}

impl Call for Load {}

/// Why a model was not loaded; the old one is still served.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

/// A hint: search the store for work that a crash or a lost record left undone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reconcile;

impl Cast for Reconcile {}
