//! The stable reference to a supervised actor: the supervisor replaces the address in it at each restart.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix::dev::ToEnvelope;
use actix::{Actor, Addr, Handler, MailboxError};
use arc_swap::ArcSwapOption;

use super::message::{Call, Cast, HandOver};

/// Why an actor did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The actor is not running; the message was not delivered.
    #[error("the actor is not running; ask again later")]
    Down,
    /// The actor died with the message; whether it acted on the message is unknown.
    #[error("the actor died before it answered; its effect is unknown")]
    Died,
    /// The deadline passed; the message is dropped, unless its handling had begun.
    #[error("the actor did not answer before the deadline")]
    TimedOut,
}

/// The actor is not running; the message was not delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the actor is not running; the message was not delivered")]
pub struct Down;

/// A stable reference to a supervised actor, whichever of its instances is alive.
pub struct ActorRef<A: Actor> {
    name: Arc<str>,
    address: Arc<ArcSwapOption<Addr<A>>>,
    /// Calls without an answer.
    waiting: Arc<AtomicUsize>,
}

impl<A: Actor> ActorRef<A> {
    /// A reference without an address; the supervisor sets it when it starts the actor.
    pub fn new(name: &str) -> ActorRef<A> {
        ActorRef {
            name: name.into(),
            address: Arc::new(ArcSwapOption::empty()),
            waiting: Arc::new(AtomicUsize::new(0)),
        }
    }

    /// The actor's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the instance alive now, if there is one.
    pub fn addr(&self) -> Option<Addr<A>> {
        self.with_addr(Addr::clone)
    }

    /// Sends a message and waits for the answer, at most `deadline` long; call it within a tokio runtime.
    pub async fn ask<M>(&self, message: M, deadline: Duration) -> Result<M::Result, AskError>
    where
        M: Call,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        let _waiting = WaitingCaller::new(&self.waiting);
        self.probe(message, deadline).await
    }

    /// As [`ask`](ActorRef::ask), but the caller is not counted as waiting.
    pub(crate) async fn probe<M>(&self, message: M, deadline: Duration) -> Result<M::Result, AskError>
    where
        M: Call,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        let sent = self.with_addr(|address| address.send(message)).ok_or(AskError::Down)?;
        match tokio::time::timeout(deadline, sent).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(MailboxError::Closed)) => Err(AskError::Died),
            Ok(Err(MailboxError::Timeout)) | Err(_) => Err(AskError::TimedOut),
        }
    }

    /// Sends a message without an answer; the sender does not learn whether it arrived, and the mailbox does not bound it.
    pub fn tell<M>(&self, message: M) -> Result<(), Down>
    where
        M: Cast,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        self.with_addr(|address| address.do_send(message)).ok_or(Down)
    }

    /// Passes a duty on, or gives it back if the actor is not running. A duty that dies with the actor is dropped.
    pub fn hand_over<M>(&self, duty: M) -> Result<(), M>
    where
        M: HandOver,
        A: Handler<M>,
        A::Context: ToEnvelope<A, M>,
    {
        match self.addr() {
            Some(address) => address.do_send(duty),
            None => return Err(duty),
        }
        Ok(())
    }

    /// How many calls through this reference have no answer yet.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Uses the address of the running instance without a clone of it, which would cost more than a message.
    fn with_addr<T>(&self, using: impl FnOnce(&Addr<A>) -> T) -> Option<T> {
        let address = self.address.load();
        address.as_deref().filter(|address| address.connected()).map(using)
    }

    pub(crate) fn set_address(&self, address: Addr<A>) {
        self.address.store(Some(Arc::new(address)));
    }

    pub(crate) fn clear_address(&self) {
        self.address.store(None);
    }

    pub(crate) fn shared_name(&self) -> Arc<str> {
        self.name.clone()
    }
}

impl<A: Actor> Clone for ActorRef<A> {
    fn clone(&self) -> Self {
        ActorRef { name: self.name.clone(), address: self.address.clone(), waiting: self.waiting.clone() }
    }
}

impl<A: Actor> fmt::Debug for ActorRef<A> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ActorRef({})", self.name)
    }
}

/// Counts a caller for as long as it waits.
struct WaitingCaller<'a>(&'a AtomicUsize);

impl WaitingCaller<'_> {
    fn new(waiting: &AtomicUsize) -> WaitingCaller<'_> {
        waiting.fetch_add(1, Ordering::Relaxed);
        WaitingCaller(waiting)
    }
}

impl Drop for WaitingCaller<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
