use actix::Message;

use crate::runtime::{Call, Cast};
use crate::storage::Pointer;

/// A question: load, verify and warm the model a pointer names, then serve it.
#[derive(Message)]
#[rtype(result = "Result<(), LoadError>")]
pub struct Load {
    /// The decision's projection.
    pub pointer: Pointer,
}

impl Call for Load {}

/// Why a model was not loaded; the old one is still served.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub struct LoadError(pub String);

/// A hint: look for work that a crash left undone.
#[derive(Message)]
#[rtype(result = "()")]
pub struct Reconcile;

impl Cast for Reconcile {}
