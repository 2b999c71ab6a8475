//! One actor: its stable reference, its messages, and the guard through which it reports its end.
//!
//! * `actor_ref`: the stable reference to an actor, across restarts
//! * `child_guard`: the guard that an actor owns; dropping it reports the exit
//! * `child_link`: what one instance of a child shares with its guard, its pulse and its threads
//! * `child_threads`: starts the threads of a child
//! * `drain`: the message that asks a child to stop
//! * `message`: the three kinds of messages
//! * `observe`: the message that asks an actor for its state
//! * `pulse`: beats for a child from elsewhere

mod actor_ref;
mod child_guard;
mod child_link;
mod child_threads;
mod drain;
mod message;
mod observe;
mod pulse;

pub use actor_ref::{ActorRef, AskError, Down};
pub use child_guard::ChildGuard;
pub(crate) use child_link::{ChildEvent, Inherited};
pub use child_threads::Threads;
pub use drain::Drain;
pub use message::{Call, Cast, HandOver};
pub use observe::{OBSERVE_WITHIN, Observe, observed};
pub use pulse::Pulse;
