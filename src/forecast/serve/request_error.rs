//! What is wrong with the rows of a request or of a claim.

/// What is wrong with the rows of a request, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RequestError(pub String);

/// The error of this sentence.
pub(super) fn refused<T>(what: String) -> Result<T, RequestError> {
    Err(RequestError(what))
}
