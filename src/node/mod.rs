//! One process: how it starts, serves and stops, the broker and store it uses, and its files.
//!
//! * `backends`: the broker and the object store: configured, joined or embedded
//! * `blueprint`: from the configuration to the settings and handles of actors
//! * `build`: the version and the git commit of the program
//! * `data_dir`: the files under `DATA_DIR`
//! * `life`: start, serve, drain, stop, exit code
//! * `machine_memory`: the memory of the machine or the container
//! * `open_files`: the limit of open files, and the connections that fit in it
//! * `os_errors`: what to do about an error of the operating system
//! * `port`: from an address of the configuration to a bound port

mod backends;
mod blueprint;
mod build;
mod data_dir;
mod life;
mod machine_memory;
mod open_files;
mod os_errors;
mod port;

pub use backends::{
    RequiredTopics, TopicsNotReady, broker_access, configured_broker_access, configured_store, ensure_buckets,
    require_conditional_writes, start_embedded_store, store_dir, with_timeouts,
};
pub use blueprint::{families, memory_budget, plan, preprocessor_settings, services, targets};
pub use build::Build;
pub use data_dir::{
    DataDir, InputFiles, LockOwner, NodeFile, lock_file, read_input_file, store_input_files, temporary_lease_owner,
};
#[cfg(feature = "fault-points")]
pub use life::fault_points;
pub use life::{
    CONFIGURATION, HISTORY_PER_STEP, USAGE, last_points, report_failure, run, run_on_runtime, start_command_log,
};
pub use machine_memory::default_budget_bytes as default_memory_budget_bytes;
pub use open_files::{OpenFiles, open_files};
pub use os_errors::cannot_read;
