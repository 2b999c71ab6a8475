//! Training runs and their artifacts.
//!
//! * `artifacts`: manifest and weights
//! * `keys`: the keys of both
//! * `known_runs`: the runs that were listed before
//! * `record`: the record of a run, and the name of its artifact
//! * `store`: [`Runs`]

mod artifacts;
mod keys;
mod known_runs;
mod record;
mod store;

pub(in crate::storage) use keys::{RUNS_FOLDER, is_artifact_key, is_run_key};
pub(in crate::storage) use record::VERSION;

pub use artifacts::ArtifactFiles;
pub(in crate::storage) use record::check_artifact;
pub use record::{ArtifactRef, EXPERIMENT, RunRecord, RunStatus};
pub use store::Runs;
