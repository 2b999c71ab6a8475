//! Long-lived, named threads for heavy work, owned by an actor that hears how each of them ends, and watched like actors.
//!
//! - `owned`: a thread and its end.
//! - `vital`: its signs of life.
//! - `book`: all threads of one child, across its instances.
//! - `io`: waiting for the network on one of them.

mod book;
mod io;
mod owned;
mod vital;

pub(super) use book::ThreadBook;
pub use io::Io;
pub use owned::OwnedThread;
pub use vital::{Vital, Zone, beat, protect};
