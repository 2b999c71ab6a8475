//! Stage preprocess: input files become data sets and claims.
//!
//! * `preprocessor`: The preprocessor: watches two files of the `dataset` bucket, turns them into a data set, and publishes claims for trainers and forecasters
//! * `state`:

mod preprocessor;
mod state;

pub use preprocessor::{PREPARER, Preprocessor, PreprocessorSettings, ScanResult, look_once};
pub use state::PreprocessorState;
