//! The three kinds of messages between actors, so that none can be lost without anybody knowing: each says which it is.
//!
//! What an actor's own threads and timers send it is of no kind: such a note dies with the actor, whose successor asks the truth anew.

use actix::Message;

/// A message whose sender waits for the answer: it is sent with [`ActorRef::ask`](super::ActorRef::ask), which always ends.
pub trait Call: Message<Result: Send> + Send + 'static {}

/// A message that passes on a duty, as a reply or a delivery that answers when it is dropped: it is sent with
/// [`ActorRef::hand_over`](super::ActorRef::hand_over), and if it dies with its actor the duty answers for itself.
pub trait HandOver: Message<Result = ()> + Send + 'static {}

/// A message that may be lost, because whoever misses it finds out by himself: it is sent with [`ActorRef::tell`](super::ActorRef::tell).
pub trait Cast: Message<Result = ()> + Send + 'static {}
