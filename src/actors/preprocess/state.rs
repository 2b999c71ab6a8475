use serde::Serialize;
use utoipa::ToSchema;

use super::preprocessor::ScanResult;

/// The preprocessor.
#[derive(Serialize, ToSchema)]
pub struct PreprocessorState {
    /// Where the files are looked for.
    pub bucket: &'static str,
    /// The train part.
    pub train_file: String,
    /// The test part.
    pub test_file: String,
    /// Whether it looks now.
    pub busy: bool,
    /// The last look.
    #[schema(required = true)]
    pub last: Option<LookedState>,
}

/// A look at both files.
#[derive(Serialize, ToSchema)]
pub struct LookedState {
    /// What it came to.
    #[schema(value_type = Object)]
    pub look: ScanResult,
    /// How long ago it was.
    pub age_ms: u64,
}
