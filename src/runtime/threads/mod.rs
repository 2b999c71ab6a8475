//! Long-lived, named threads for heavy work, owned by an actor and watched like it.
//!
//! * `io`: waits for the network from an owned thread
//! * `owned`: a named thread whose exit is always reported
//! * `registry`: the threads of one child across all its instances
//! * `watchdog`: the heartbeat of a thread, and what it does while it does not beat

mod io;
mod owned;
mod registry;
mod watchdog;

pub use io::Io;
pub use owned::OwnedThread;
pub(crate) use registry::ThreadRegistry;
pub use watchdog::{LongTask, Watchdog, beat, protect};
