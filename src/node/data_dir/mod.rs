//! The files under `DATA_DIR`.
//!
//! * `hints`: What to do about an error of the operating system, for whoever starts a node
//! * `identity`: Who a node is to others: a name that stays over its restarts, and the life that a restart ends
//! * `lock`: The data folder belongs to one process at a time: a node, which tells others in `node.json` how to join it, or a command for as long as it works on the store itself
//! * `node_file`: `node.json`: how a running node tells others of the same machine and user where its broker and its store are
//! * `upload`: Files named on the command line become objects of the `dataset` bucket, where preprocessing finds them

pub(crate) mod hints;
pub(crate) mod identity;
mod lock;
mod node_file;
pub(crate) mod upload;

pub use identity::host_name;
pub use lock::{DataDir, LockOwner, lock_file, snapshots_dir};
pub use node_file::{NodeFile, NodeFileError, StoreAccess};
pub use upload::InputFiles;
