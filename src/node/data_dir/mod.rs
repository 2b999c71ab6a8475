//! The files under `DATA_DIR`.
//!
//! * `identity`: the name of a node, which stays over restarts
//! * `input_files`: files of the command line, stored in bucket `dataset`
//! * `lock`: the lock of the folder: one process uses it at a time
//! * `node_file`: `node.json`: how to reach the broker and the store of a running node
//! * `private_file`: files and folders that no other user can read

mod identity;
mod input_files;
mod lock;
mod node_file;
pub mod private_file;

pub use identity::{host_name, lease_owner, temporary_lease_owner};
pub use input_files::{InputFiles, read_input_file, store_input_files};
pub use lock::{DataDir, LockOwner, lock_file, snapshots_dir};
pub use node_file::{NodeFile, NodeFileError, StoreAccess};
