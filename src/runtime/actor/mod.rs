//! One actor: its address, its messages, its life signs and its end.
//!
//! * `actor_ref`: Names are stable, addresses are not: peers hold an `ActorRef`, whose address the supervisor refills
//! * `child_guard`: The guard that a child owns: it carries its beats up, and its end, however that comes about
//! * `drain`: Stopping: the message that asks a child to finish, and the signals that ask the node to
//! * `exit`: How an actor or a thread can end, as one value: the supervisor matches on it, the debug page prints it
//! * `fault`: Faults on demand, so that supervision can be seen at work before it is needed
//! * `heartbeat`: Signs of life: an actor beats from its own mailbox loop, so a blocked handler is silence
//! * `message`: The three kinds of messages between actors, so that none can be lost without anybody knowing: each says which it is
//! * `observe`: What can be seen of an actor: it never blocks the one who looks, and it never lies about its age
//! * `panic_hook`: The one place where a panic's message and position can be had: the hook keeps them for whoever reports the death

mod actor_ref;
mod child_guard;
mod drain;
mod exit;
pub(crate) mod fault;
pub mod heartbeat;
mod message;
mod observe;
pub(crate) mod panic_hook;

pub use actor_ref::{ActorRef, AskError, Down};
pub use child_guard::{ChildGuard, Pulse, Threads};
pub(crate) use child_guard::{Inherited, Notice};
pub use drain::{Drain, StopSignal, StopSignals};
pub use exit::Exit;
pub(crate) use fault::StartFaults;
pub use fault::{Fault, InjectError, Strike};
pub(crate) use heartbeat::Beat;
pub use heartbeat::silence_limit;
pub use message::{Call, Cast, HandOver};
pub use observe::{
    ActorReport, Freshness, LastExit, Mailbox, OBSERVE_WITHIN, Observe, Phase, ThreadPhase, ThreadReport, millis,
    observed,
};
pub(crate) use observe::{Board, ChildStatus, Sight};
