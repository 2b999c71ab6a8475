//! Attempts that survive the process: an object that kills the process which works on it is given up after three deaths.
//!
//! Before the rows of an object are decoded or forecast from, its hash is in the journal of this process in the store. Journals are written
//! for all claims that wait at that time, so that a store write is shared; work whose result is in memory needs none. A process that ends
//! in order removes its journal; what another journal holds is what its process died over. Such work is repeated alone, so that the next
//! death has one cause.
//!
//! * `attempt`: [`Attempts`]: the right to work on an object
//! * `deaths`: what other processes worked on when they died
//! * `journal`: what this process works on, and when that is written

mod attempt;
mod deaths;
mod journal;

pub use attempt::Attempts;
