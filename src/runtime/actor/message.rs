//! The three kinds of messages between actors. Each kind says what happens to a message whose actor dies, so that none is lost unnoticed.
//!
//! What an actor's own threads and timers send it is of no kind: it is lost on a restart, and the new instance reloads from the store.

use actix::Message;

/// A message whose sender waits for the answer, sent with [`ActorRef::ask`](super::ActorRef::ask), which always ends.
pub trait Call: Message<Result: Send> + Send + 'static {}

/// A message that passes on a duty, such as a reply or a delivery, sent with [`ActorRef::hand_over`](super::ActorRef::hand_over).
/// The duty reports its own failure when it is dropped, as it is if its actor dies.
pub trait HandOver: Message<Result = ()> + Send + 'static {}

/// A message that may be lost, because its receiver makes up for it, sent with [`ActorRef::tell`](super::ActorRef::tell).
pub trait Cast: Message<Result = ()> + Send + 'static {}
