//! One process: how it starts, serves and stops, what it stands on, and its files.
//!
//! * `backends`: The broker and the object store of a node: configured, joined or embedded
//! * `blueprint`: From the configuration to what actors are built from
//! * `data_dir`: The files under `DATA_DIR`
//! * `life`: The life of a node: start, serve, drain, stop, exit code

pub(crate) mod backends;
pub(crate) mod blueprint;
pub(crate) mod data_dir;
pub(crate) mod life;

pub use backends::{
    Lack, Needed, broker_access, configured_brokers, configured_store, ensure_buckets, own_store, store_dir, waited_for,
};
pub use data_dir::{DataDir, InputFiles, LockOwner, NodeFile, lock_file};
#[cfg(feature = "fault-points")]
pub use life::fault_points;
pub use life::{CONFIGURATION, USAGE, run};
pub(crate) use life::{HISTORY_PER_STEP, failed, last_points, on_runtime};
