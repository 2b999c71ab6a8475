//! Why a claim was not answered.

use crate::kafka::Rejection;

/// What kept a claim from being answered.
#[derive(Debug, Clone)]
pub enum ClaimError {
    /// The claim is at fault: its record is rejected.
    Rejected(Rejection),
    /// There is no model for its series yet: it waits without holding up the claims of others.
    NoModel(String),
    /// The claim is not at fault: its record is handed back and comes again.
    Retry(String),
}

impl ClaimError {
    /// The claim is at fault, and is tried again up to the limit of rejections.
    pub fn rejected(cause: impl Into<String>) -> Self {
        ClaimError::Rejected(Rejection::once(cause))
    }

    /// The claim is at fault in a way that no further attempt would change.
    pub fn rejected_for_good(cause: impl Into<String>) -> Self {
        ClaimError::Rejected(Rejection::for_good(cause))
    }
}
