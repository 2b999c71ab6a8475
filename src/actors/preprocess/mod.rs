//! Stage preprocess: input files become data sets, and claims that announce them.
//!
//! * `input_files`: the two input files, and the memory of the work on them
//! * `preprocessor`: the actor, which scans the files on a thread of its own
//! * `scan`: one scan of the two input files
//! * `settings`: settings of the preprocessor
//! * `state`: the reported state

mod input_files;
mod preprocessor;
mod scan;
mod settings;
mod state;

pub use preprocessor::{PREPARER, Preprocessor};
pub use scan::{ScanResult, scan_once};
pub use settings::PreprocessorSettings;
pub use state::PreprocessorState;
