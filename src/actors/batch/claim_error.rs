//! Why a claim was not answered.

/// What kept a claim from being answered.
#[derive(Debug, Clone)]
pub enum ClaimError {
    /// The claim is at fault: its record is rejected.
    Rejected(String),
    /// The claim is at fault in a way that no further attempt would change.
    RejectedForGood(String),
    /// There is no model for its series yet: it waits without holding up the claims of others.
    NoModel(String),
    /// The claim is not at fault: its record is handed back and comes again.
    Retry(String),
}
