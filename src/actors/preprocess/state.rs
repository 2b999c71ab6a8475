//! The reported state of the preprocessor.

use serde::Serialize;
use utoipa::ToSchema;

use super::scan::ScanResult;

/// The preprocessor.
#[derive(Serialize, ToSchema)]
pub struct PreprocessorState {
    /// The bucket of the input files.
    pub bucket: &'static str,
    /// The file with the train rows.
    pub train_file: String,
    /// The file with the test rows.
    pub test_file: String,
    /// Whether a scan is under way.
    pub busy: bool,
    /// The last scan that found a change.
    #[schema(required = true)]
    pub last: Option<LookedState>,
}

/// A scan of both files.
#[derive(Serialize, ToSchema)]
pub struct LookedState {
    /// What it came to.
    #[schema(value_type = Object)]
    pub look: ScanResult,
    /// Milliseconds since it ended.
    pub age_ms: u64,
}
