//! Long-lived, named threads for heavy work, owned by an actor and watched like actors.
//!
//! * `io`: Waiting for the network from a thread of one's own
//! * `owned`: A named thread whose every end is reported
//! * `registry`: The threads of one child, known across its instances: so they can be watched, shown and broken while their owner hangs
//! * `watchdog`: A thread's signs of life, and what it says it is doing while it gives none

mod io;
mod owned;
mod registry;
mod watchdog;

pub use io::Io;
pub use owned::OwnedThread;
pub(crate) use registry::ThreadRegistry;
pub use watchdog::{LongTask, Watchdog, beat, protect};
