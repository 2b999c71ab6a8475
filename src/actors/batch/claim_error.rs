//! Why a claim was not answered.

/// What kept a claim from being answered.
#[derive(Debug, Clone)]
pub enum ClaimError {
    /// The claim is at fault: its record is rejected.
    Rejected(String),
    /// The claim is at fault, and no further attempt can change that: its record is rejected for good.
    Permanent(String),
    /// The claim is not at fault: its record is handed back and comes again.
    Retry(String),
}
