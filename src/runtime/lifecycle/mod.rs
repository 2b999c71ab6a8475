//! What actors and threads have in common: how they end, how they show that they are alive, how they are reported and broken.
//!
//! * `exit`: how an actor or a thread ended, as one value
//! * `fault`: faults injected on demand
//! * `heartbeat`: the time of the last sign of life
//! * `panic_hook`: the message and the place of a panic
//! * `report`: one actor and its threads as `GET /debug/actors` shows them

mod exit;
pub(crate) mod fault;
mod heartbeat;
pub(crate) mod panic_hook;
mod report;

pub use exit::Exit;
pub(crate) use fault::StartFaults;
pub use fault::{Fault, FaultTiming, InjectError};
pub(crate) use heartbeat::{Heartbeat, silence_limit};
pub use report::{ActorReport, Freshness, LastExit, Mailbox, Phase, ThreadPhase, ThreadReport, millis};
